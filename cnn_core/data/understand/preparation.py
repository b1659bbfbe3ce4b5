"""What becomes of an image before a network sees it, and of the images before a training begins."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cnn_core.config import ImageNetTransfer, RunConfig
from cnn_core.data.dataset import Dataset
from cnn_core.data.splits import split_training, take_share
from cnn_core.models.shapes import input_size


@dataclass(frozen=True, eq=False)
class Seen:
    """How a network takes images in.

    Attributes:
        height: Of what its first block sees, in pixels.
        width: Of what its first block sees, in pixels.
        is_resized: Whether that is another size than that of the images.
        is_coloured: Whether grey images become colour, three times the same.
        least: The number that a pixel of 0 becomes.
        most: The number that a pixel of 255 becomes.
    """

    height: int
    width: int
    is_resized: bool
    is_coloured: bool
    least: float
    most: float

    def numbers(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels, uint8, as the numbers that the network computes with; float64, of the same shape."""
        numbers: np.ndarray = self.least + pixels.astype(np.float64) / 255 * (self.most - self.least)
        return numbers

    def resized(self, image: np.ndarray) -> np.ndarray:
        """An image (H, W, C) uint8 in the size that the first block sees, bilinear as in the network."""
        size = (self.width, self.height)
        # OpenCV drops the only channel of a grey image.
        resized: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        return resized.reshape(self.height, self.width, -1)


@dataclass(frozen=True, eq=False)
class PartCounts:
    """Images of each class in the parts of a run, (K,) int64 each.

    Attributes:
        train: Learned from.
        validation: Watched while it learns; zeros where the test images are watched instead.
        test: Asked once, at the end.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def how_seen(config: RunConfig, shape: tuple[int, int, int]) -> Seen:
    """How the network of some settings takes images of a shape (height, width, channels) in."""
    height, width, channels = shape
    if isinstance(config.transfer, ImageNetTransfer):
        side = config.transfer.side
        return Seen(side, side, (side, side) != (height, width), channels == 1, -1.0, 1.0)
    size = input_size(config.model, height, width)
    return Seen(*size, size != (height, width), False, 0.0, 1.0)


def part_counts(dataset: Dataset, config: RunConfig) -> PartCounts:
    """Count what a run of these settings learns from, watches, and is tested on.

    Raises:
        DatasetError: A class has too few images to be in both parts.
    """
    labels, training, names = dataset.train_labels, config.training, dataset.class_names
    validation = None
    if training.protocol == "validation":
        split = split_training(
            labels,
            validation_share=training.validation_share,
            seed=config.seed,
            class_names=names,
            groups=dataset.train_groups,
        )
        kept, validation = take_share(labels, split.train, training.train_share, config.seed, names), split.validation
    else:
        kept = take_share(labels, None, training.train_share, config.seed, names)

    def counted(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(chosen, minlength=len(names))

    return PartCounts(
        train=counted(labels if kept is None else labels[kept]),
        validation=counted(labels[:0] if validation is None else labels[validation]),
        test=counted(dataset.test_labels),
    )
