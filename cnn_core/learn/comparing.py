"""Why pictures are not compared pixel by pixel: one that has moved is farther from itself than from another thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.dataset import Dataset
from cnn_core.data.sample import by_chance
from cnn_core.learn.grey_picture import grey_picture
from cnn_core.learn.pooling import shifted

# Among so many training images another thing is looked for, and so far the picture moves.
_LOOKED_AT = 1000
_FARTHEST = 6


@dataclass(frozen=True, eq=False)
class LookAlike:
    """A picture beside itself, moved, and beside the image of another class that is most alike.

    Attributes:
        pixels: How far it was moved to the right: as far as it takes to be farther from itself than from the other
            one, if a few pixels are enough.
        moved: (rows, columns) float64, the picture moved.
        distance_moved: The mean difference of a pixel, brightnesses from 0 to 1.
        other: (rows, columns) float64, the other image.
        other_name: Its class.
        distance_other: As ``distance_moved``.
    """

    pixels: int
    moved: np.ndarray
    distance_moved: float
    other: np.ndarray
    other_name: str
    distance_other: float

    @property
    def is_fooled(self) -> bool:
        """Whether comparing pixels takes the other thing for the picture, rather than the moved picture."""
        return self.distance_other < self.distance_moved


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of the pixels of two pictures of the same shape, signs left aside."""
    return float(np.abs(one - other).mean())


def look_alike(dataset: Dataset, index: int) -> LookAlike | None:
    """Compare a training image with itself, moved, and with those of other classes.

    Args:
        dataset: Of which so many images are read, by chance: in order, the first may all be of one class.
        index: Of the training image.

    Returns:
        ``None`` where the images that are read are all of the same class as this one.
    """
    labels = dataset.train_labels
    read = by_chance(len(labels), _LOOKED_AT)
    others = read[labels[read] != labels[index]]
    if not len(others):
        return None
    values = grey_picture(dataset.train_images[index]).values
    distances = [distance(values, grey_picture(dataset.train_images[one]).values) for one in others.tolist()]
    nearest = int(others[int(np.argmin(distances))])
    pixels, moved = _moved_beyond(values, min(distances))
    return LookAlike(
        pixels,
        moved,
        distance(values, moved),
        grey_picture(dataset.train_images[nearest]).values,
        dataset.class_names[int(labels[nearest])],
        min(distances),
    )


def _moved_beyond(values: np.ndarray, limit: float) -> tuple[int, np.ndarray]:
    pixels, moved = 1, shifted(values, "right")
    while pixels < _FARTHEST and distance(values, moved) <= limit:
        pixels, moved = pixels + 1, shifted(moved, "right")
    return pixels, moved


def busiest_window(values: np.ndarray, side: int) -> tuple[int, int]:
    """Row and column of the upper left corner of the window whose numbers differ most, the first of equal ones.

    Args:
        values: (rows, columns) float.
        side: Of the window; at most as large as the picture.
    """
    spread = np.lib.stride_tricks.sliding_window_view(values, (side, side)).std(axis=(2, 3))
    row, column = np.unravel_index(int(spread.argmax()), spread.shape)
    return int(row), int(column)
