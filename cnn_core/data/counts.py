"""How many images a training will learn from, known before any is read, and whether they are enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnn_core.config import TrainingConfig
from cnn_core.errors import ConfigError

if TYPE_CHECKING:
    from cnn_core.data.catalogue import DatasetCard


@dataclass(frozen=True)
class ImageCounts:
    """Images of a training.

    Attributes:
        train: Learned from in an epoch.
        validation: Held back; 0 where the test images are watched instead.
        steps: Batches an epoch, the last one perhaps smaller.
    """

    train: int
    validation: int
    steps: int


def image_counts(card: DatasetCard, training: TrainingConfig) -> ImageCounts:
    """What becomes of a dataset's training images.

    Args:
        card: The dataset.
        training: Protocol, shares and batch size decide.
    """
    is_watched = training.protocol == "tutorial"
    validation = 0 if is_watched else held_back_count(card.train_count, training.validation_share)
    train = max(1, taken_count(card.train_count - validation, training.train_share, len(card.class_names)))
    return ImageCounts(train=train, validation=validation, steps=math.ceil(train / training.batch_size))


def held_back_count(count: int, validation_share: float) -> int:
    """How many of so many training images are held back."""
    return math.ceil(validation_share * count)


def taken_count(count: int, train_share: float, class_count: int) -> int:
    """How many of so many images are learned from: all of them where those left out would lack a class."""
    taken = round(train_share * count)
    return count if count - taken < class_count else taken


def imbalance(card: DatasetCard) -> float:
    """How many times as many training images the largest class has as the smallest; 1 where that is not known."""
    return max(card.train_counts) / max(1, min(card.train_counts)) if card.train_counts else 1.0


def check_image_counts(card: DatasetCard, training: TrainingConfig) -> None:
    """Refuse shares and batches for which a dataset has too few images.

    Only the number of all images is looked at. A share may pass here and still leave a small class without an image;
    :mod:`cnn_core.data.splits`, which sees the labels, refuses that.

    Raises:
        ConfigError: A part would have fewer images than there are classes, or a batch is larger than the data.
    """
    counts, classes = image_counts(card, training), len(card.class_names)
    if training.protocol == "validation" and counts.validation < classes:
        _refuse("validation_share", training.validation_share, counts.validation, card.train_count, classes)
    pool = card.train_count - counts.validation
    if round(training.train_share * pool) < classes:
        _refuse("train_share", training.train_share, round(training.train_share * pool), pool, classes)
    if training.batch_size > counts.train:
        raise ConfigError(
            f"A batch of {training.batch_size:,} is larger than the data: {counts.train:,} images are learned from. "
            "Choose smaller batches or a larger share of the images."
        )


def _refuse(name: str, share: float, count: int, pool: int, classes: int) -> None:
    least = math.ceil(1000 * classes / pool) / 1000
    raise ConfigError(
        f"A {name} of {share:g} is {count:,} of {pool:,} training images, too few for one of each of the {classes} "
        f"classes. Choose at least {least:g}."
    )
