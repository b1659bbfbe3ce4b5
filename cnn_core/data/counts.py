"""How many images a training will learn from, known before any is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnn_core.config import TrainingConfig


@dataclass(frozen=True)
class ImageCounts:
    """Images of a training.

    Attributes:
        train: Learned from in an epoch. Shares are taken class by class, so it may be off by one a class.
        validation: Held back; 0 where the test images are watched instead.
        steps: Batches an epoch, the last one perhaps smaller.
    """

    train: int
    validation: int
    steps: int


def image_counts(train_count: int, training: TrainingConfig) -> ImageCounts:
    """What becomes of a dataset's training images.

    Args:
        train_count: Training images of the dataset.
        training: Protocol, shares and batch size decide.
    """
    validation = 0 if training.protocol == "tutorial" else math.ceil(training.validation_share * train_count)
    train = max(1, round((train_count - validation) * training.train_share))
    return ImageCounts(train=train, validation=validation, steps=math.ceil(train / training.batch_size))
