"""A few images of a dataset, to show what something does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.dataset import Dataset

# Any; the same images each time.
_SEED = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """A few training images, each of another class.

    Attributes:
        title: Of the dataset.
        images: (N, H, W, C) uint8, read-only.
        names: The class of each image.
    """

    title: str
    images: np.ndarray
    names: tuple[str, ...]


def by_chance(count: int, most: int) -> np.ndarray:
    """Which of ``count`` images to take where only some are: the first ones may be all of one class.

    Returns:
        (at most ``most``,) int64, rising: their numbers, the same every time.
    """
    return np.sort(np.random.default_rng(_SEED).permutation(count)[:most])


def sample_classes(dataset: Dataset, count: int) -> Sample:
    """The first training image of each of ``count`` classes, spread evenly over all; of all, where there are fewer.

    The images are copied, so that the dataset need not stay in memory.
    """
    labels = np.unique(dataset.train_labels)
    chosen = labels[np.linspace(0, len(labels) - 1, min(count, len(labels))).round().astype(int)]
    images = np.stack([dataset.train_images[np.argmax(dataset.train_labels == label)] for label in chosen])
    images.setflags(write=False)
    return Sample(dataset.title, images, tuple(dataset.class_names[label] for label in chosen))
