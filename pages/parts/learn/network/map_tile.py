"""A map as a small picture that a gallery can show."""

from __future__ import annotations

import numpy as np

from cnn_core.figures.map_picture import map_picture

# A gallery draws a picture of fewer pixels without smoothing.
_SIDE = 48


def map_tile(values: np.ndarray, *, is_signed: bool, limit: float) -> np.ndarray:
    """Colour a map, and enlarge a very small one so that its numbers are squares.

    Args:
        values: (rows, columns) float.
        is_signed: As for :func:`cnn_core.figures.map_picture.map_picture`.
        limit: The number that has the strongest colour.

    Returns:
        (rows', columns', 4) uint8, RGBA.
    """
    picture = map_picture(values, is_signed=is_signed, limit=limit)
    times = max(1, _SIDE // max(values.shape))
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
