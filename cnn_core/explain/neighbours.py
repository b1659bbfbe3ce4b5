"""Which training images a network takes for nearly the same as an image, and what their labels say of its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest images, the nearest first.

    Attributes:
        indices: (count,) int64.
        distances: (count,) float32, one minus the cosine between the features: 0 for the same direction, 1 for
            nothing in common.
    """

    indices: np.ndarray
    distances: np.ndarray


def nearest(features: np.ndarray, query: np.ndarray, count: int) -> Neighbours:
    """Search all images for the nearest ones. Exact.

    Args:
        features: (N, features) float32, unit vectors.
        query: (features,) float32, a unit vector.
        count: How many; all N where there are fewer.
    """
    count = min(count, len(features))
    cosines = features @ query
    found = np.argpartition(-cosines, count - 1)[:count]
    # Of equally near ones the first of the dataset comes first.
    found = found[np.lexsort((found, -cosines[found]))]
    return Neighbours(found.astype(np.int64), np.clip(1 - cosines[found], 0, 2))


def same_pictures(images: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Which images are the very same, pixel by pixel: (N,) bool.

    Args:
        images: (N, H, W, C) uint8.
        image: (H, W, C) uint8.
    """
    same: np.ndarray = (images == image).reshape(len(images), -1).all(axis=1)
    return same


def label_doubt(neighbours: Sequence[int], label: int, class_names: Sequence[str]) -> str | None:
    """A sentence where most of the neighbours have one and the same other label.

    Args:
        neighbours: Labels of the nearest training images.
        label: Of the image itself.
        class_names: In the order of the labels.

    Returns:
        Such as "5 of its 6 nearest training images are labelled Coat: perhaps its own label, Shirt, is wrong.";
        ``None`` where no other class has more than half of them.
    """
    if not len(neighbours):
        return None
    counts = np.bincount(np.asarray(neighbours, np.int64), minlength=len(class_names))
    most = int(counts.argmax())
    if most == label or 2 * counts[most] <= len(neighbours):
        return None
    share = "All" if counts[most] == len(neighbours) else f"{counts[most]}"
    majority = f"{share} of its {len(neighbours)} nearest training images are labelled {class_names[most]}"
    return f"{majority}: perhaps its own label, {class_names[label]}, is wrong."
