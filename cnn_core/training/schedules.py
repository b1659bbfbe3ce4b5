"""Learning rate as a function of the step. NumPy only: the pages draw with it what the training will do."""

from __future__ import annotations

import numpy as np

from cnn_core.config import TrainingConfig, Transfer

# Where the warm-up of one-cycle begins, as a share of the peak (Smith & Topin, "Super-Convergence", 2018, with the
# linear rise that cifar10-airbench uses).
WARM_UP_START = 0.1


def planned_rates(training: TrainingConfig, steps: int, transfer: Transfer | None = None) -> np.ndarray:
    """The learning rate of every step, as it can be known before the start.

    What happens on the way is not in it: a plateau, or a change by hand, multiplies the rest.

    Args:
        training: The settings.
        steps: In an epoch.
        transfer: After its ``head_epochs`` the rate is multiplied by its ``fine_tune_rate``.

    Returns:
        (total_epochs * steps,) float64.
    """
    total = training.epochs * steps
    shares = _shares(training, steps)
    if transfer is not None and transfer.head_epochs:
        shares[transfer.head_epochs * steps :] *= transfer.fine_tune_rate
    rates = np.resize(training.learning_rate * shares, training.total_epochs * steps)
    rates[total:] = np.nan
    for more in training.continuations:
        rates[more.after_epoch * steps : (more.after_epoch + more.epochs) * steps] = more.learning_rate
    return rates


def _shares(training: TrainingConfig, steps: int) -> np.ndarray:
    """The schedule's shape over the epochs asked at first, as a share of the learning rate."""
    total = training.epochs * steps
    step = np.arange(total, dtype=np.float64)
    progress = step / max(1, total - 1)
    match training.schedule:
        case "constant" | "plateau":
            return np.ones(total)
        case "step":
            return np.asarray(training.decay_factor ** (step // (steps * training.decay_epochs)))
        case "exponential":
            return np.asarray(training.final_share**progress)
        case "cosine":
            return _half_cosine(progress, training.final_share)
        case "one-cycle":
            warm_up = max(1.0, training.warm_up_share * total)
            rising = WARM_UP_START + (1 - WARM_UP_START) * step / warm_up
            falling = _half_cosine((step - warm_up) / max(1.0, total - 1 - warm_up), training.final_share)
            return np.where(step < warm_up, rising, falling)


def _half_cosine(progress: np.ndarray, end: float) -> np.ndarray:
    """From 1 to ``end`` while progress goes from 0 to 1."""
    return np.asarray(end + (1 - end) * 0.5 * (1 + np.cos(np.pi * np.clip(progress, 0.0, 1.0))))
