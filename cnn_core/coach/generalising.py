"""Rules that compare training and validation: learning by heart, stopping in time, and what only looks strange."""

from __future__ import annotations

import numpy as np

from cnn_core.coach import changes
from cnn_core.coach.advice import Advice
from cnn_core.coach.curve import AT_THE_END, Curve, at_the_end
from cnn_core.coach.learning import Rule
from cnn_core.coach.pace import is_still_falling, rate_too_low

# Of the lowest validation loss. Less than a tenth comes and goes from epoch to epoch.
RISEN_SHARE = 0.10
# In nats: a tenth of next to nothing is nothing.
RISEN_AT_LEAST = 0.02
# Epochs since the lowest validation loss: one or two bad epochs are no trend.
FEWEST_EPOCHS_SINCE = 3
# Training above validation accuracy. Two points are ordinary for small networks.
OVERFIT_GAP = 0.02
# A gap that needs a word even while the validation loss still falls.
LARGE_GAP = 0.1
# Batch normalisation's averages (momentum 0.9) forget their start within tens of steps, but they follow weights that
# move fast at first: after a few hundred steps both have settled.
FEW_STEPS = 300
# Standard errors of the validation accuracy that a difference must exceed to be more than luck.
SURE_ERRORS = 2.0
# Epochs after the best one, at least, before they count as wasted …
WASTED_EPOCHS = 5
# … and as a share of all epochs.
WASTED_SHARE = 0.3
# Patience from which a stop can come late.
LONG_PATIENCE = 8
# Validation above training accuracy by less needs no explanation.
ABOVE_AT_LEAST = 0.01
# Fewer validation images, and one of them moves the accuracy by a fifth of a point and more.
FEW_IMAGES = 500
# Swings of the validation curve while the rate stays high, from one epoch to the next, in the mean.
SWING_LOSS_SHARE = 0.15
SWING_ACCURACY = 0.02
FEWEST_EPOCHS_TO_SWING = 6
# With these the swings end by plan.
FALLING_SCHEDULES = ("exponential", "cosine", "one-cycle")


def overfitting(curve: Curve) -> Advice | None:
    """The validation loss rises again while the training accuracy runs away from the validation accuracy."""
    lowest = int(np.argmin(curve.val_loss)) if curve.count else 0
    if curve.count - 1 - lowest < FEWEST_EPOCHS_SINCE:
        return None
    risen = at_the_end(curve.val_loss) - curve.val_loss[lowest]
    if risen < max(RISEN_SHARE * curve.val_loss[lowest], RISEN_AT_LEAST):
        return None
    if curve.gap < max(OVERFIT_GAP, SURE_ERRORS * curve.watched_error) or curve.loss[-1] >= curve.loss[lowest]:
        return None
    return Advice(
        "Overfitting: it learns the training images by heart",
        f"Since epoch {curve.epoch[lowest]} the validation loss has risen from {curve.val_loss[lowest]:.3f} to "
        f"{curve.val_loss[-1]:.3f}, while the training loss went on falling to {curve.loss[-1]:.3f}; "
        f"{at_the_end(curve.accuracy):.1%} of the training images are right, {at_the_end(curve.val_accuracy):.1%} of "
        "the validation images.",
        "What it learns about the training images no longer holds for others. Dropout and augmentation make learning "
        "by heart harder; fewer epochs do not give it the time.",
        *changes.hold_back(curve.config),
    )


def large_gap(curve: Curve) -> Advice | None:
    """Training accuracy far above validation accuracy, without a validation loss that rises."""
    if curve.count < 3 or curve.gap < max(LARGE_GAP, SURE_ERRORS * curve.watched_error):
        return None
    if overfitting(curve) is not None:
        return None
    seen = (
        f"In the last {AT_THE_END} epochs {at_the_end(curve.accuracy):.1%} of the training images are right, but "
        f"{at_the_end(curve.val_accuracy):.1%} of the validation images."
    )
    per_epoch = 0 if curve.steps.empty else int(curve.steps["steps"].iloc[-1])
    if any(block.batch_norm for block in curve.config.model.blocks) and 0 < per_epoch * curve.count < FEW_STEPS:
        return Advice(
            "Batch normalisation has not caught up",
            f"{seen} The weights were moved {per_epoch * curve.count} times only.",
            "In training, batch normalisation measures each batch; on other images it uses running averages, which "
            "need some hundred steps to forget their start. More epochs, or smaller batches, close this gap.",
            *changes.more_epochs(curve.config, max(2 * curve.count, -(-FEW_STEPS // per_epoch))),
        )
    return Advice(
        "A wide gap between training and validation",
        seen,
        "What it learns about the training images holds for others in part only. Dropout and augmentation make "
        "learning by heart harder; more images help most.",
        *changes.hold_back(curve.config),
    )


def swinging(curve: Curve) -> Advice | None:
    """The validation curve swings from epoch to epoch, at a rate that never comes down."""
    if curve.count < FEWEST_EPOCHS_TO_SWING or curve.config.training.schedule in FALLING_SCHEDULES:
        return None
    last = slice(-FEWEST_EPOCHS_TO_SWING, None)
    losses, accuracies = curve.val_loss[last], curve.val_accuracy[last]
    moves = np.diff(losses)
    turns = int((moves[1:] * moves[:-1] < 0).sum())
    move, points = float(np.abs(moves).mean()), float(np.abs(np.diff(accuracies)).mean())
    is_wide = move > SWING_LOSS_SHARE * np.median(losses) and points > SWING_ACCURACY
    if turns < 3 or not is_wide or points < SURE_ERRORS * curve.watched_error:
        return None
    return Advice(
        "The validation curve swings",
        f"In the last {FEWEST_EPOCHS_TO_SWING} epochs the validation loss went up and down by {move:.3f} an epoch, "
        f"the accuracy by {100 * points:.1f} points, at a rate of {curve.rate[-1]:.2g}.",
        "At a rate that stays high, every epoch ends on another side of the valley, and luck decides which one is the "
        "best. A rate that falls towards the end settles it.",
        *changes.training(curve.config, "Let the rate fall (cosine)", schedule="cosine"),
    )


def stopped_late(curve: Curve) -> Advice | None:
    """The best epoch lies long before the end."""
    # Where the rate falls by plan, the last epochs are the point of it; a stop before them would spoil it.
    if not curve.has_ended or not curve.count or curve.has_decayed:
        return None
    training = curve.config.training
    wasted = curve.count - 1 - curve.best
    if wasted < max(WASTED_EPOCHS, WASTED_SHARE * curve.count):
        return None
    if training.patience and (training.patience < LONG_PATIENCE or curve.best >= curve.count / 2):
        return None
    best = int(curve.epoch[curve.best])
    seen = f"Epoch {best} was the best ({curve.val_accuracy[curve.best]:.1%} of the validation images right), and "
    kept = " Its weights were kept, so nothing is lost but the time." if training.keeps_best else ""
    if training.protocol == "tutorial":
        return Advice(
            "The best epoch came long before the end",
            f"Epoch {best} was the best on the watched images, and {wasted} more followed.",
            "By the tutorials' protocol the watched images are the test images, so they must not decide when to stop. "
            "Validation images may.",
            *changes.training(curve.config, "Hold back validation images", protocol="validation"),
        )
    if training.patience:
        patience = max(3, training.patience // 2)
        return Advice(
            "Early stopping came late",
            f"{seen}the run went on for {wasted} epochs.{kept}",
            f"It waits for {training.patience} epochs without a better one. Fewer would have been enough here.",
            *changes.training(curve.config, f"Patience {patience} instead of {training.patience}", patience=patience),
        )
    patience = 3 if curve.count <= 20 else 5
    return Advice(
        "The best epoch came long before the end",
        f"{seen}{wasted} more followed.{kept}",
        "Early stopping ends a run when no better epoch has come for a while.",
        *changes.training(curve.config, f"Early stopping, patience {patience}", patience=patience),
    )


def still_improving(curve: Curve) -> Advice | None:
    """The last epoch is the best, and the curve was not yet flat."""
    is_cut_off = curve.has_ended and curve.status.state != "failed" and not curve.has_decayed
    if not is_cut_off or curve.count < 2 or not is_still_falling(curve) or rate_too_low(curve) is not None:
        return None
    span = min(3, curve.count - 1)
    return Advice(
        "It was still improving at the end",
        f"The last epoch is the best: in the last {'epoch' if span == 1 else f'{span} epochs'} the validation loss "
        f"fell from {curve.val_loss[-1 - span]:.3f} to {curve.val_loss[-1]:.3f}.",
        "The run ended before the curve was flat, so more epochs should help. They can also be added to this run, "
        "which goes on where it ended.",
        *changes.more_epochs(curve.config, 2 * curve.count),
    )


def few_validation_images(curve: Curve) -> Advice | None:
    """So few validation images that single ones move the curve."""
    count = curve.watched_count
    if count is None or count >= FEW_IMAGES or curve.count < 3:
        return None
    drops = np.diff(curve.val_accuracy)
    if not (drops < 0).any() or curve.gap > SURE_ERRORS * max(curve.watched_error, 1 / count) + OVERFIT_GAP:
        return None
    share = curve.config.training.validation_share
    change: changes.Change | tuple[None, None] = changes.NO_CHANGE
    if curve.config.training.protocol == "validation" and share < 0.2:
        change = changes.training(curve.config, "Hold back 20% for validation", validation_share=0.2)
    label, config = change
    error = max(curve.watched_error, 1 / count)
    return Advice(
        "Few validation images: small ups and downs mean nothing",
        f"There are {count}, so a single one moves the accuracy by {100 / count:.1f} points; from one epoch to the "
        f"next it went down by up to {-100 * drops.min():.1f} points.",
        f"Two epochs that differ by less than about {100 * SURE_ERRORS * error:.1f} points are equally good, as far "
        "as these images can tell.",
        label,
        config,
        "calm",
    )


def validation_above_training(curve: Curve) -> Advice | None:
    """Validation accuracy above training accuracy, and why that is no riddle."""
    if not curve.count:
        return None
    ours, watched = at_the_end(curve.accuracy), at_the_end(curve.val_accuracy)
    reasons = _reasons(curve)
    if watched - ours < max(ABOVE_AT_LEAST, curve.watched_error) or (not reasons and curve.count > AT_THE_END):
        return None
    return Advice(
        "Validation above training is normal here",
        f"In the last {AT_THE_END} epochs {watched:.1%} of the validation images are right, and {ours:.1%} of the "
        "training images.",
        f"The training figures are a mean over the epoch, in which it improves{_made_harder(reasons)}. The validation "
        "images are read as they are, after the epoch.",
        tone="calm",
    )


def _made_harder(reasons: list[str]) -> str:
    return f", and they are made harder: {', '.join(reasons)}" if reasons else ""


def _reasons(curve: Curve) -> list[str]:
    config = curve.config
    reasons = []
    if changes.has_dropout(config):
        reasons.append("dropout switches features off")
    if config.augmentation.mixes_labels:
        reasons.append("images of two classes are mixed")
    if config.augmentation.changes_images or config.augmentation.sketches:
        reasons.append("augmentation changes the images")
    if config.training.ema_decay:
        reasons.append("the validation images see averaged weights")
    return reasons


GENERALISING: tuple[Rule, ...] = (
    overfitting,
    large_gap,
    swinging,
    stopped_late,
    still_improving,
    few_validation_images,
    validation_above_training,
)
