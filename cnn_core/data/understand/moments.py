"""The mean image of a class, and how much its images differ from it, place by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Enough for a mean that looks the same with all of them, few enough to be read while a person waits.
MOST_IMAGES = 500
_MOST_BYTES = 96 << 20


@dataclass(frozen=True, eq=False)
class ClassMoments:
    """The mean and the spread of one class's images.

    Attributes:
        mean: (H, W, C) uint8.
        spread: (H, W, C) uint8: the standard deviation of each value, doubled: 255 is the largest that there can be.
        count: Images that they were taken of; 0 where the class has none, and both are black.
    """

    mean: np.ndarray
    spread: np.ndarray
    count: int


def class_moments(images: np.ndarray, labels: np.ndarray, classes: Sequence[int]) -> list[ClassMoments]:
    """Mean and spread of some classes, each of up to :data:`MOST_IMAGES` of its images, evenly over all of them.

    Large images are taken of fewer, so that no more than about 100 MB are read.

    Args:
        images: (N, H, W, C) uint8, perhaps on the disk.
        labels: (N,) integers.
        classes: The labels that are asked for.
    """
    image_bytes = int(np.prod(images.shape[1:]))
    most = int(np.clip(_MOST_BYTES // (image_bytes * max(1, len(classes))), 8, MOST_IMAGES))
    return [_moments_of(images, np.flatnonzero(labels == label), most) for label in classes]


def _moments_of(images: np.ndarray, places: np.ndarray, most: int) -> ClassMoments:
    if not len(places):
        black = np.zeros(images.shape[1:], np.uint8)
        return ClassMoments(black, black, 0)
    if len(places) > most:
        places = places[np.linspace(0, len(places) - 1, most).round().astype(int)]
    chosen = images[places].astype(np.float32)
    mean, spread = chosen.mean(axis=0), chosen.std(axis=0)
    return ClassMoments(_as_pixels(mean), _as_pixels(2 * spread), len(places))


def _as_pixels(values: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return pixels
