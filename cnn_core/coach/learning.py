"""Rules about the training loss: whether the network learns at all, and whether it learns enough."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from cnn_core.coach import changes
from cnn_core.coach.advice import Advice
from cnn_core.coach.curve import AT_THE_END, Curve, at_the_end
from cnn_core.coach.pace import is_still_falling, rate_too_high, rate_too_low
from cnn_core.wording import epochs_in_words

Rule = Callable[[Curve], Advice | None]

# Guessing costs ln(classes). Within 3 % of it nothing was learned: class frequencies alone bring no more than that.
GUESSING_SHARE = 0.97
# A loss that once was a fifth lower had learned something.
LEARNED_SHARE = 0.8
# Within the first epoch: some networks sit still for tens of steps before they take off.
FEWEST_STEPS_TO_JUDGE = 200
# Of a training that has ended: fewer tell nothing, good or bad.
FEWEST_EPOCHS_TO_PRAISE = 3
# Epochs without a better one before a curve is called flat; shorter pauses are common.
FLAT_EPOCHS = 5
# … and the training loss falls by less than this an epoch meanwhile.
FLAT_SHARE = 0.01
# Of the way from guessing to all right. Below this, both accuracies are low whatever the images are.
LOW_SHARE = 0.75
# Training and validation agree within so much: what is missing is missing in both.
SMALL_GAP = 0.03


def diverged(curve: Curve) -> Advice | None:
    """The loss became infinite or not a number."""
    error = curve.status.error or ""
    is_told = curve.status.state == "failed" and re.search(r"infinite|not a number|no longer a number|diverged", error)
    values = (curve.loss, curve.val_loss)
    if not is_told and all(np.isfinite(column).all() for column in values):
        return None
    place = re.search(r"epoch (\d+)(?:, step (\d+))?", error) if is_told else None
    where = f"in epoch {place[1]}" + (f", step {place[2]}" if place[2] else "") if place else "during the training"
    finite = np.flatnonzero(np.isfinite(curve.loss))
    before = f" The epoch before it ended at {curve.loss[finite[-1]]:.3f}." if len(finite) else ""
    label, config = changes.rate(curve.config, curve.peak_rate / 10)
    return Advice(
        "The loss became infinite",
        f"It was no longer a number {where}, at a learning rate of {curve.peak_rate:g}.{before}",
        "The steps were so large that each one landed on a steeper slope than the one before. A tenth of the rate "
        "is the first thing to try.",
        label,
        config,
        "problem",
    )


def nothing_learned(curve: Curve) -> Advice | None:
    """The loss is, or is again, that of guessing."""
    guessing = curve.guessing_loss
    if not curve.count:
        return _nothing_learned_so_far(curve)
    if curve.count < 2 and not curve.has_ended:
        return None
    is_guessing = min(curve.loss[-1], curve.val_loss[-1]) > GUESSING_SHARE * guessing
    if not is_guessing or curve.val_accuracy[-1] > 2 / curve.class_count:
        return None
    lowest = int(np.argmin(curve.loss))
    if curve.loss[lowest] < LEARNED_SHARE * guessing:
        label, config = changes.rate(curve.config, curve.peak_rate / 10)
        return Advice(
            "What was learned is lost again",
            f"The training loss had fallen to {curve.loss[lowest]:.3f} in epoch {curve.epoch[lowest]}; now it is "
            f"{curve.loss[-1]:.3f}, and guessing costs ln({curve.class_count}) = {guessing:.3f}.",
            "One step that was too large can push ReLUs so far down that they answer 0 to every image and never "
            "learn again. A smaller rate avoids it.",
            label,
            config,
            "problem",
        )
    seen = (
        f"After {_epochs(curve.count)} the training loss is {curve.loss[-1]:.3f}, and guessing costs "
        f"ln({curve.class_count}) = {guessing:.3f}; {curve.val_accuracy[-1]:.1%} of the validation images are right."
    )
    return _nothing_learned(curve, seen)


def _nothing_learned_so_far(curve: Curve) -> Advice | None:
    """The same within the first epoch, from its steps."""
    if curve.steps.empty:
        return None
    last = curve.steps.iloc[-1]
    loss = float(curve.steps["loss"].iloc[-5:].mean())
    if last["step"] < FEWEST_STEPS_TO_JUDGE or loss < GUESSING_SHARE * curve.guessing_loss:
        return None
    seen = (
        f"At step {last['step']:.0f} of the first epoch the training loss is {loss:.3f}, and guessing costs "
        f"ln({curve.class_count}) = {curve.guessing_loss:.3f}."
    )
    return _nothing_learned(curve, seen)


def _nothing_learned(curve: Curve, seen: str) -> Advice:
    config, peak = curve.config, curve.peak_rate
    usual = changes.USUAL_RATES[config.training.optimizer]
    if peak <= usual / changes.FAR_FROM_USUAL:
        why = f"The steps are too small to get anywhere: {usual:g} is usual for {config.training.optimizer}."
        change = changes.rate(config, min(peak * 10, usual) if peak * 100 > usual else usual)
    elif peak >= usual * changes.FAR_FROM_USUAL:
        why = (
            "The first large steps have probably pushed the ReLUs so far down that they answer 0 to every image, and "
            f"a unit that answers 0 does not learn. {usual:g} is usual for {config.training.optimizer}."
        )
        change = changes.rate(config, max(peak / 10, usual))
    else:
        why = (
            "The rate is a usual one, so the signal probably dies on its way through the network: ReLUs that answer 0 "
            "to everything, or sigmoids at their ends. Batch normalisation keeps it alive; a smaller rate may do."
        )
        change = changes.batch_norm(config)
        if change[1] is None:
            change = changes.rate(config, peak / 10)
    label, changed = change
    return Advice("Nothing is learned", seen, why, label, changed, "problem")


def underfitting(curve: Curve) -> Advice | None:
    """Training and validation accuracy both low at the end, and close together."""
    if not curve.has_ended or curve.count < 3:
        return None
    low = 1 / curve.class_count + LOW_SHARE * (1 - 1 / curve.class_count)
    ours, watched = at_the_end(curve.accuracy), at_the_end(curve.val_accuracy)
    if max(ours, watched) > low or abs(curve.gap) > SMALL_GAP or is_still_falling(curve):
        return None
    change = changes.hold_back_less(curve.config)
    if change[1] is None:
        change = changes.larger_network(curve.config)
    return Advice(
        "Underfitting: the network is too small, or held back too much",
        f"In the last {AT_THE_END} epochs {ours:.1%} of the training images and {watched:.1%} of the validation images "
        "are right: both low, and close together.",
        "It does not even learn what it sees, so more images or more dropout would not help. It needs more filters, "
        "or less that makes learning harder.",
        *change,
    )


def plateau(curve: Curve) -> Advice | None:
    """No better epoch for a while, and a training loss that hardly falls, at a rate that stays where it was."""
    if curve.count <= FLAT_EPOCHS or curve.has_decayed:
        return None
    best = min(float(curve.val_loss[-FLAT_EPOCHS:].min()), float(curve.loss[-FLAT_EPOCHS:].min()))
    before = curve.loss[-FLAT_EPOCHS - 1]
    is_better = curve.val_loss[-FLAT_EPOCHS:].min() < curve.val_loss[:-FLAT_EPOCHS].min()
    if is_better or curve.loss[-1] < before * (1 - FLAT_SHARE) ** FLAT_EPOCHS or best <= 0:
        return None
    best_epoch = int(curve.epoch[np.argmin(curve.val_loss)])
    if curve.config.training.schedule == "constant":
        change: changes.Change | tuple[None, None] = changes.training(
            curve.config, "Let the rate fall (cosine)", schedule="cosine"
        )
    else:
        change = changes.rate(curve.config, curve.config.training.learning_rate / 3)
    return Advice(
        "A plateau",
        f"The best validation loss is that of epoch {best_epoch} ({curve.val_loss.min():.3f}), and in the last "
        f"{FLAT_EPOCHS} epochs the training loss went from {before:.3f} to {curve.loss[-1]:.3f} only.",
        "Either the steps are too large to go further down into the valley, which a falling rate mends, or it has "
        "learned what it can.",
        *change,
    )


def calm(curve: Curve) -> Advice:
    """The line for a curve with nothing to mend."""
    if not curve.count:
        if curve.has_ended:
            return Advice(
                "Nothing to read from", "Not one epoch was finished.", "A curve needs two epochs or more.", tone="calm"
            )
        why = "The coach reads whole epochs, from the first on."
        return Advice("Too early to say", "No epoch is finished yet.", why, tone="calm")
    best = curve.best
    first, last = curve.loss[0], curve.loss[-1]
    fell = f"fell from {first:.3f} to {last:.3f}" if curve.count > 1 else f"is {last:.3f}"
    watched = f"{curve.val_accuracy[best]:.1%} of the validation images are right"
    seen = f"After {_epochs(curve.count)} the training loss {fell}; {watched} in the best epoch, {curve.epoch[best]}."
    if curve.has_ended and curve.count < FEWEST_EPOCHS_TO_PRAISE:
        why = "So short a curve shows no trend, neither a good one nor a bad one. Train it for more epochs to see one."
        return Advice("Too short to say", seen, why, tone="calm")
    why = (
        "The curves show nothing that one change would surely mend."
        if curve.has_ended
        else "Nothing to do but wait: the coach speaks up when something departs from a healthy curve."
    )
    return Advice("A healthy curve", seen, why, tone="calm")


def _epochs(count: int) -> str:
    return "one epoch" if count == 1 else epochs_in_words(count)


FATAL: tuple[Rule, ...] = (diverged, nothing_learned)
LEARNING: tuple[Rule, ...] = (rate_too_high, rate_too_low, underfitting, plateau)
