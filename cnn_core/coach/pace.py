"""Rules about the size of the steps: a loss that jumps, a descent that takes too long."""

from __future__ import annotations

import numpy as np

from cnn_core.coach import changes
from cnn_core.coach.advice import Advice
from cnn_core.coach.curve import Curve

# A mean over a whole epoch hardly ever rises; by a twentieth of ln(classes) only when steps overshoot.
JUMP_SHARE = 0.05
# A quarter second of training at twice the loss of guessing, after it had learned, is a throw, not noise.
THROWN_SHARE = 2.0
# Of the loss of guessing: below it, much had been learned that could be lost.
LEARNED_WELL_SHARE = 0.4
# A validation loss that keeps falling by so much an epoch is not done.
STILL_FALLING = 0.02


def rate_too_high(curve: Curve) -> Advice | None:
    """The training loss jumps up, from one epoch to the next or within one."""
    rises = np.diff(curve.loss)
    jumps = np.flatnonzero(rises > JUMP_SHARE * curve.guessing_loss)
    if len(jumps):
        at = int(jumps[np.argmax(rises[jumps])])
        times = "" if len(jumps) == 1 else f" It jumped {len(jumps)} times."
        seen = (
            f"From epoch {curve.epoch[at]} to {curve.epoch[at + 1]} the training loss rose from {curve.loss[at]:.3f} "
            f"to {curve.loss[at + 1]:.3f}, at a learning rate of {curve.rate[at + 1]:.2g}.{times}"
        )
    elif (thrown := _throw(curve)) is not None:
        seen = thrown
    else:
        return None
    label, config = changes.rate(curve.config, curve.config.training.learning_rate / 3)
    return Advice(
        "The learning rate is too high",
        seen,
        "A training loss that is averaged over a whole epoch falls or stays; where it jumps, steps overshoot the "
        "valley they should go down. A third of the rate goes down calmly.",
        label,
        config,
        "problem",
    )


def _throw(curve: Curve) -> str | None:
    """Where the training was thrown far back within an epoch, in words."""
    steps = curve.steps
    learned = steps["loss"].cummin().shift(1) < LEARNED_WELL_SHARE * curve.guessing_loss
    thrown = steps[learned & (steps["loss"] > THROWN_SHARE * curve.guessing_loss)]
    if thrown.empty:
        return None
    row = thrown.iloc[0]
    return (
        f"In epoch {row['epoch']:.0f}, around step {row['step']:.0f}, the training loss was thrown up to "
        f"{row['loss']:.2f}; guessing costs {curve.guessing_loss:.2f}."
    )


def rate_too_low(curve: Curve) -> Advice | None:
    """A calm, slow descent that is not over at the end, at a rate far below the usual ones."""
    config = curve.config
    usual = changes.USUAL_RATES[config.training.optimizer]
    if not curve.has_ended or curve.count < 3 or curve.peak_rate > usual / changes.FAR_FROM_USUAL:
        return None
    if (np.diff(curve.loss) > 0).any() or not is_still_falling(curve):
        return None
    return Advice(
        "The learning rate is too low",
        f"The training loss fell in every epoch and is still falling at the end: {curve.loss[-2]:.3f} to "
        f"{curve.loss[-1]:.3f} in the last one, at a rate of {curve.peak_rate:.2g}.",
        f"Small steps go down surely, but slowly: {usual:g} is usual for {config.training.optimizer}. Three to ten "
        "times the rate gets further in the same time.",
        *changes.rate(config, min(usual, 10 * curve.peak_rate)),
    )


def is_still_falling(curve: Curve) -> bool:
    """Whether the last epoch has the lowest validation loss, and the loss falls by more than a little an epoch."""
    span = min(3, curve.count - 1)
    if span < 1 or int(np.argmin(curve.val_loss)) != curve.count - 1:
        return False
    share = 1 - (curve.val_loss[-1] / curve.val_loss[-1 - span]) ** (1 / span)
    return bool(share > STILL_FALLING)
