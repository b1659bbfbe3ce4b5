"""Feature maps as pictures: in which order, and from numbers to brightnesses. No Keras here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def strongest_first(maps: np.ndarray) -> np.ndarray:
    """The order of feature maps by strength: the mean absolute value of a map's numbers, the largest first.

    Args:
        maps: (height, width, channels).

    Returns:
        (channels,) int64: numbers of the channels; of equally strong ones the first comes first.
    """
    strength = np.abs(maps).mean(axis=(0, 1), dtype=np.float64)
    return np.argsort(-strength, kind="stable")


@dataclass(frozen=True, eq=False)
class MapPictures:
    """Feature maps on one common scale, so that they can be compared with each other.

    Attributes:
        pictures: (channels, height, width) uint8.
        limit: The number that is white (255); 1 where all numbers are 0.
        is_signed: Whether there are negative numbers: then 0 is the grey 128, and ``-limit`` is nearly black (1).
            Otherwise 0 is black.
    """

    pictures: np.ndarray
    limit: float
    is_signed: bool


def map_pictures(maps: np.ndarray, limit: float | None = None) -> MapPictures:
    """Turn feature maps into pictures.

    Args:
        maps: (height, width, channels), finite.
        limit: Number that is to be white, above 0, where several stations share a scale; what is beyond it is cut.
            Without one it is the largest absolute value.
    """
    largest = float(np.abs(maps).max(initial=0)) if limit is None else limit
    largest = largest or 1.0
    is_signed = bool((maps < 0).any())
    shares = np.clip(maps.astype(np.float64) / largest, -1, 1)
    brightness = 128 + 127 * shares if is_signed else 255 * shares
    return MapPictures(np.moveaxis(np.rint(brightness).astype(np.uint8), 2, 0), largest, is_signed)
