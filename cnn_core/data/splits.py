"""Which training images a network learns from, and which ones it is watched on while it learns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.data.counts import held_back_count, taken_count
from cnn_core.data.grouped import hold_back_groups
from cnn_core.errors import ConfigError, DatasetError


@dataclass(frozen=True, eq=False)
class Split:
    """Indices into the training images, ascending, int64, read-only.

    Attributes:
        train: What the network learns from.
        validation: What it is watched on; disjoint from ``train``.
    """

    train: np.ndarray
    validation: np.ndarray

    def __post_init__(self) -> None:
        for indices in (self.train, self.validation):
            indices.setflags(write=False)


def split_training(
    labels: np.ndarray,
    *,
    validation_share: float,
    seed: int,
    class_names: Sequence[str] | None = None,
    groups: np.ndarray | None = None,
) -> Split:
    """Cut a validation set from the training images, each class by the same share.

    Args:
        labels: (N,) integers, the labels of the training images.
        validation_share: Share of the images that are held back, above 0 and below 1.
        seed: In ``range(2**32)``. Equal labels, groups, share and seed give equal splits.
        class_names: What errors call the classes; without it, their labels do.
        groups: (N,) integers: images of one number are in one part, so that the share is met about; -1: alone.
            ``None``: every image is alone.

    Returns:
        A split of all N images. Its parts are sorted, because gathering images in the order of memory is
        several times as fast; whoever trains shuffles anyway.

    Raises:
        ConfigError: ``validation_share`` or ``seed`` is out of range.
        DatasetError: A class has too few images, or groups of them, to be in both parts.
    """
    if not 0 < validation_share < 1:
        raise ConfigError(
            f"validation_share is {validation_share}; expected a share of the images above 0 and below 1."
        )
    if not 0 <= seed < 2**32:
        raise ConfigError(f"seed is {seed}; expected a whole number from 0 to {2**32 - 1}.")
    if groups is not None:
        return _split_by_group(labels, groups, validation_share, seed, class_names)
    classes, counts = np.unique(labels, return_counts=True)
    held_back = held_back_count(len(labels), validation_share)
    # What scikit-learn refuses: it says so in its own words, and does not name the class.
    if len(classes) == 0 or min(counts) < 2 or min(held_back, len(labels) - held_back) < len(classes):
        raise _too_few(classes, counts, validation_share, class_names)

    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(
        np.arange(len(labels), dtype=np.int64), test_size=held_back, random_state=seed, stratify=labels
    )
    train.sort()
    validation.sort()
    if len(np.unique(labels[train])) < len(classes) or len(np.unique(labels[validation])) < len(classes):
        raise _too_few(classes, counts, validation_share, class_names)
    return Split(train=train, validation=validation)


def _split_by_group(
    labels: np.ndarray, groups: np.ndarray, share: float, seed: int, class_names: Sequence[str] | None
) -> Split:
    classes = np.unique(labels)
    # What stands alone is a group by itself.
    alone = np.where(groups < 0, -1 - np.arange(len(groups)), groups)
    counts = [len(np.unique(alone[labels == label])) for label in classes]
    if min(counts, default=0) < 2:
        raise _too_few_groups(classes, counts, class_names)
    is_held_back = hold_back_groups(labels, groups, share, seed)
    split = Split(train=np.flatnonzero(~is_held_back), validation=np.flatnonzero(is_held_back))
    if min(len(np.unique(labels[part])) for part in (split.train, split.validation)) < len(classes):
        raise _too_few_groups(classes, counts, class_names)
    return split


def take_share(
    labels: np.ndarray, indices: np.ndarray | None, share: float, seed: int, class_names: Sequence[str] | None = None
) -> np.ndarray | None:
    """Choose a share of some images at random, each class by the same share.

    Args:
        labels: (N,) integers, of all images.
        indices: (M,) the images to choose from; ``None``: all.
        share: Above 0, up to 1.
        seed: In ``range(2**32)``.
        class_names: What errors call the classes; without it, their labels do.

    Returns:
        Indices of the chosen images, ascending, int64; ``indices`` itself if the share is 1.

    Raises:
        DatasetError: So few images are left that a class would have none.
    """
    if share >= 1:
        return indices
    pool = np.arange(len(labels), dtype=np.int64) if indices is None else indices
    classes, counts = np.unique(labels[pool], return_counts=True)
    wanted = round(share * len(pool))
    if wanted < len(classes) or round(share * min(counts)) < 1:
        smallest = int(np.argmin(counts))
        label = int(classes[smallest])
        name = f"'{class_names[label]}'" if class_names is not None else str(label)
        raise DatasetError(
            f"{share:g} of the {len(pool):,} training images are {wanted}, too few for one of each class: {name} has "
            f"{counts[smallest]}. Choose a larger train_share, at least {1 / min(counts):.2g}."
        )
    if taken_count(len(pool), share, len(classes)) == len(pool):
        # scikit-learn wants one image of each class in the rest too; so near to all of them, all are taken.
        return indices

    from sklearn.model_selection import train_test_split

    chosen, _ = train_test_split(pool, train_size=wanted, random_state=seed, stratify=labels[pool])
    chosen.sort()
    return np.asarray(chosen, np.int64)


def _too_few_groups(classes: np.ndarray, counts: Sequence[int], class_names: Sequence[str] | None) -> DatasetError:
    if not counts:
        return DatasetError("There are no training images to cut a validation set from. Add images of each class.")
    smallest = int(np.argmin(counts))
    name = f"'{class_names[int(classes[smallest])]}'" if class_names is not None else str(classes[smallest])
    return DatasetError(
        f"The training images of class {name} lie in {counts[smallest]} group{'s' * (counts[smallest] != 1)}, and a "
        "group is not divided: too few for the class to be in the training and in the validation part. Add images of "
        "other groups, remove the class, bring the dataset in without groups, or try another seed."
    )


def _too_few(classes: np.ndarray, counts: np.ndarray, share: float, class_names: Sequence[str] | None) -> DatasetError:
    if len(classes) == 0:
        return DatasetError("There are no training images to cut a validation set from. Add images of each class.")
    smallest = int(np.argmin(counts))
    label = int(classes[smallest])
    name = f"'{class_names[label]}'" if class_names is not None else str(label)
    needed = math.ceil(1 / min(share, 1 - share))
    return DatasetError(
        f"Class {name} has too few training images: {counts[smallest]}, but with a validation share of "
        f"{share:g} about {needed} are needed for it to be in the training and in the validation part. "
        "Add images to it, remove the class, or choose a share nearer to one half."
    )
