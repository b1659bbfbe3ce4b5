"""Which two classes a network takes for each other, and how to say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cnn_core.wording import images_in_words, share_in_words

# Of a class that is asked for: so many others that it is confused with.
_MOST_PARTNERS = 10


@dataclass(frozen=True)
class ConfusedPair:
    """Two classes that are taken for each other.

    Attributes:
        first, second: The classes; the first is taken for the second at least as often as the other way round.
        forth: Images of the first that were classified as the second, at least 1.
        back: Images of the second that were classified as the first.
        share: What both are of all errors, in (0, 1].
    """

    first: int
    second: int
    forth: int
    back: int
    share: float

    @property
    def errors(self) -> int:
        """Errors in both directions together."""
        return self.forth + self.back


def most_confused_pairs(matrix: np.ndarray, most: int = 8) -> tuple[ConfusedPair, ...]:
    """The pairs of classes with the most errors between them, both directions together.

    Args:
        matrix: (classes, classes) counts; rows are the true class, columns the predicted one.
        most: How many pairs at most.

    Returns:
        The pair with the most errors first; pairs without any are left out. Equal ones keep the order of the classes.
    """
    errors = matrix - np.diag(np.diag(matrix))
    both = np.triu(errors + errors.T)
    # Of a thousand classes, few of the million pairs are ever confused.
    confused = np.flatnonzero(both)
    order = confused[np.argsort(-both.ravel()[confused], kind="stable")][:most]
    total = int(errors.sum())
    pairs = []
    for low, high in zip(*np.unravel_index(order, both.shape), strict=True):
        first, second = (low, high) if errors[low, high] >= errors[high, low] else (high, low)
        forth, back = int(errors[first, second]), int(errors[second, first])
        pairs.append(ConfusedPair(int(first), int(second), forth, back, (forth + back) / total))
    return tuple(pairs)


def most_confused_classes(matrix: np.ndarray, most: int, also: Iterable[int] = ()) -> tuple[int, ...]:
    """The classes that a part of a confusion matrix is worth being made of, where all are too many to be read.

    Args:
        matrix: (classes, classes) counts, rows are the true class; or how they differ from other ones.
        most: How many classes at most, besides ``also``.
        also: Classes that are in it in any case, with some that each of them is confused with.

    Returns:
        Labels in ascending order: the classes of the pairs that are confused most; all, where they are not too many.
        Whether one of them is in ``also`` changes nothing about the others.
    """
    count = len(matrix)
    if count <= most:
        return tuple(range(count))
    chosen: dict[int, None] = {}
    for pair in most_confused_pairs(np.abs(matrix), most=count):
        if len(chosen) >= most - 1:
            break
        chosen |= {pair.first: None, pair.second: None}
    # Where little is confused, the first classes fill it up.
    for label in range(count):
        if len(chosen) >= most:
            break
        chosen.setdefault(label)
    for label in also:
        if label not in chosen:
            partners = np.abs(matrix[label]) + np.abs(matrix[:, label])
            partners[label] = 0
            largest = np.argsort(-partners, kind="stable")[:_MOST_PARTNERS]
            chosen |= dict.fromkeys([label, *(int(other) for other in largest if partners[other])])
    return tuple(sorted(chosen))


def confusion_in_words(matrix: np.ndarray, class_names: tuple[str, ...]) -> str:
    """Which two classes are confused most, as a sentence or two.

    Args:
        matrix: As for :func:`most_confused_pairs`.
        class_names: In the order of the labels; they stand in the sentence as they are given.
    """
    pairs = most_confused_pairs(matrix, most=1)
    if not pairs:
        return "Every test image was classified right: there is nothing to be confused about."
    worst = pairs[0]
    if worst.errors == 1:
        return "No two classes are confused more than once."
    if len(matrix) == 2:
        # There is no other pair: nothing is the most, and all errors are its.
        return f"{_directions_in_words(worst, class_names)}."
    first, second = class_names[worst.first], class_names[worst.second]
    return f"{first} and {second} are confused most: {pair_in_words(worst, class_names)}."


def pair_in_words(pair: ConfusedPair, class_names: tuple[str, ...]) -> str:
    """How often two classes are taken for each other, and what that is of all errors; no whole sentence.

    Args:
        pair: The classes.
        class_names: In the order of the labels; they stand in the words as they are given.
    """
    together = "together " if pair.back else ""
    return f"{_directions_in_words(pair, class_names)}; {together}{share_in_words(pair.share)} of all errors"


def _directions_in_words(pair: ConfusedPair, class_names: tuple[str, ...]) -> str:
    first, second = class_names[pair.first], class_names[pair.second]
    are = "is" if pair.forth == 1 else "are"
    back = f"{pair.back:,} of {second} for {first}" if pair.back else "none the other way round"
    return f"{images_in_words(pair.forth)} of {first} {are} taken for {second}, {back}"
