"""Loss and gradient descent in the smallest case: one share, and one weight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def loss_of_share(share: np.ndarray | float) -> np.ndarray:
    """The cross-entropy of an answer: minus the logarithm of the share that the right class got, in (0, 1]."""
    return np.asarray(-np.log(share))


def loss_of_weight(weight: np.ndarray | float) -> np.ndarray:
    """The mean loss of two examples that a single weight answers, one wants it large, one small; a smooth valley."""
    values = np.asarray(weight, np.float64)
    return (np.logaddexp(0, -2 * values) + np.logaddexp(0, values)) / 2


def slope_of_weight(weight: float) -> float:
    """The derivative of :func:`loss_of_weight`."""
    return float((-2 / (1 + np.exp(2 * weight)) + 1 / (1 + np.exp(-weight))) / 2)


def descend(start: float, rate: float, steps: int, slope: Callable[[float], float] = slope_of_weight) -> list[float]:
    """Go downhill: each step is the slope times the learning rate, against it.

    Returns:
        The weight before the first step and after each: ``steps + 1`` numbers.
    """
    found = [start]
    for _ in range(steps):
        found.append(found[-1] - rate * slope(found[-1]))
    return found
