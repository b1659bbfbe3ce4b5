"""A map of numbers as a small picture, for light pages and dark ones."""

from __future__ import annotations

import numpy as np

from cnn_core.figures.colours import TRAINING, VALIDATION


def map_picture(values: np.ndarray, *, is_signed: bool, limit: float | None = None) -> np.ndarray:
    """Colour a map by its numbers.

    Args:
        values: (rows, columns) float.
        is_signed: Blue above 0 and orange below it, the stronger the less the page shines through; else grey from 0,
            black, to 1, or to its largest number where that is more.
        limit: The number that has the strongest colour, where several maps share a scale; its own largest if None.

    Returns:
        (rows, columns, 4) uint8, RGBA.
    """
    strongest = max(float(np.abs(values).max()) if limit is None else limit, 1e-9)
    picture = np.empty((*values.shape, 4), np.uint8)
    if is_signed:
        picture[..., :3] = np.where((values < 0)[..., None], _rgb(VALIDATION), _rgb(TRAINING))
        picture[..., 3] = np.rint(255 * np.clip(np.abs(values) / strongest, 0, 1) ** 0.75)
    else:
        picture[..., :3] = np.rint(255 * np.clip(values / (max(strongest, 1.0) if limit is None else strongest), 0, 1))[
            ..., None
        ]
        picture[..., 3] = 255
    return picture


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
