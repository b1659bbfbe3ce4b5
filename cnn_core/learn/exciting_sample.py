"""Which images are looked through for those that excite a filter. No Keras here."""

from __future__ import annotations

import math

import numpy as np

from cnn_core.data.sample import by_chance

# As many pixels as 10,000 images of Fashion-MNIST have: one to three seconds on two cores.
_PIXELS = 10_000 * 28 * 28
_FEWEST = 200


def sample_size(count: int, shape: tuple[int, ...]) -> int:
    """How many of ``count`` images of the shape (H, W, C) are looked through: the fewer, the larger they are."""
    return min(count, max(_FEWEST, _PIXELS // math.prod(shape[:2])))


def sample_numbers(count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Which of ``count`` images are looked through: (:func:`sample_size`,) int64, rising, the same every time."""
    return by_chance(count, sample_size(count, shape))
