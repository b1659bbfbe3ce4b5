"""Which training images a network takes for nearly the same as an image, and what their labels say of it."""

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


@dataclass(frozen=True)
class Answered:
    """An image with its label and the network's answer for it.

    Attributes:
        label, predicted: Labels of classes.
        is_suspicious: Whether the label is among those that the network contradicts with confidence.
    """

    label: int
    predicted: int
    is_suspicious: bool


def company_in_words(neighbours: Sequence[int], image: Answered, class_names: Sequence[str]) -> str | None:
    """What it says of an image that most of its neighbours have one and the same other label.

    That explains the answer before it says anything of the label: neighbours are near in the network's eyes.

    Args:
        neighbours: Labels of the nearest training images.
        image: The image itself.
        class_names: In the order of the labels.

    Returns:
        A sentence or two; ``None`` where no other class than the label's has more than half of them.
    """
    if not len(neighbours):
        return None
    counts = np.bincount(np.asarray(neighbours, np.int64), minlength=len(class_names))
    most = int(counts.argmax())
    if most == image.label or 2 * counts[most] <= len(neighbours):
        return None
    is_unanimous = counts[most] == len(neighbours)
    share = "All" if is_unanimous else f"{counts[most]}"
    why = "this is why it said so" if most == image.predicted else f"still it said {class_names[image.predicted]}"
    said = (
        f"{share} of its {len(neighbours)} nearest training images are labelled {class_names[most]}: the network sees "
        f"it among these, and {why}."
    )
    if is_unanimous and most == image.predicted and image.is_suspicious:
        said += f" Its own label, {class_names[image.label]}, is on the list of Labels: look whether it is right."
    return said
