"""How many images each class has, and whether that is fair to the small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.data.dataset import Dataset

Order = Literal["as labelled", "largest first", "smallest first", "by name"]

# The largest class has so many times the images of the smallest: what is above is worth a word, or a warning.
_UNEQUAL, IMBALANCED = 1.5, 5.0
# A class with fewer training images is told: so few examples hardly show what a class looks like.
_FEW = 20
# So many classes are named in a sentence.
_MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Images of each class.

    Attributes:
        names: Of the classes, in the order of the labels.
        train: (K,) int64, training images.
        test: (K,) int64, test images.
    """

    names: tuple[str, ...]
    train: np.ndarray
    test: np.ndarray

    @property
    def ratio(self) -> float:
        """How many times the training images of the smallest class the largest has; infinite where one has none."""
        smallest = int(self.train.min())
        return float(self.train.max()) / smallest if smallest else float("inf")

    def ordered(self, order: Order) -> list[int]:
        """The labels in an order; by training images, where it is one of size, and equal ones as they are labelled."""
        places = range(len(self.names))
        if order == "by name":
            return sorted(places, key=lambda label: self.names[label].casefold())
        if order == "as labelled":
            return list(places)
        sign = -1 if order == "largest first" else 1
        return sorted(places, key=lambda label: sign * int(self.train[label]))


@dataclass(frozen=True)
class Remark:
    """What the numbers of images mean, for a person.

    Attributes:
        words: Plain text; the names of classes are in it as they are.
        is_warning: Whether a training would suffer from it.
    """

    words: str
    is_warning: bool = False


def count_classes(dataset: Dataset) -> ClassCounts:
    """Count the images of each class, training and test apart."""
    count = len(dataset.class_names)
    train, test = (np.bincount(labels, minlength=count) for labels in (dataset.train_labels, dataset.test_labels))
    return ClassCounts(dataset.class_names, train, test)


def remarks_on(counts: ClassCounts) -> list[Remark]:
    """Say whether the classes are balanced, what can be done if they are not, and which have few images."""
    remarks = [_on_balance(counts)]
    few = [label for label in counts.ordered("smallest first") if counts.train[label] < _FEW]
    if few:
        have = f"has fewer than {_FEW}" if len(few) == 1 else f"have fewer than {_FEW}"
        remarks.append(
            Remark(
                f"{_named(counts, few)} {have} training images: hardly enough to learn from. More pictures of "
                f"{'it' if len(few) == 1 else 'them'} help most; shifts, turns and mirrored images a little.",
                is_warning=True,
            )
        )
    return remarks


def _on_balance(counts: ClassCounts) -> Remark:
    smallest, largest = int(counts.train.argmin()), int(counts.train.argmax())
    fewest, most = int(counts.train[smallest]), int(counts.train[largest])
    if fewest == most:
        return Remark(f"The classes are balanced: each has {most:,} training images.")
    sizes = f"{counts.names[largest]} has {most:,} training images, {counts.names[smallest]} has {fewest:,}"
    if counts.ratio < _UNEQUAL:
        return Remark(f"The classes are about balanced: {sizes}.")
    if counts.ratio < IMBALANCED:
        return Remark(f"The classes differ in size: {sizes}, {counts.ratio:.1f} times as many.")
    times = "" if fewest == 0 else f", {counts.ratio:,.0f} times as many"
    return Remark(
        f"The classes are imbalanced: {sizes}{times}. A network that looks for few errors neglects the small classes. "
        "Class weights, a choice of the Train page, make up for it; judge it by the recall of each class, not by its "
        "accuracy alone.",
        is_warning=True,
    )


def _named(counts: ClassCounts, labels: list[int]) -> str:
    names = [f"{counts.names[label]} ({counts.train[label]:,})" for label in labels[:_MOST_NAMED]]
    if len(labels) > _MOST_NAMED:
        names.append(f"{len(labels) - _MOST_NAMED:,} more classes")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
