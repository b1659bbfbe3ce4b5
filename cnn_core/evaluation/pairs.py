"""Which two classes a network takes for each other, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
    order = np.argsort(-both, axis=None, kind="stable")[:most]
    total = int(errors.sum())
    pairs = []
    for low, high in zip(*np.unravel_index(order, both.shape), strict=True):
        if not both[low, high]:
            break
        first, second = (low, high) if errors[low, high] >= errors[high, low] else (high, low)
        forth, back = int(errors[first, second]), int(errors[second, first])
        pairs.append(ConfusedPair(int(first), int(second), forth, back, (forth + back) / total))
    return tuple(pairs)


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
    first, second = class_names[worst.first], class_names[worst.second]
    forth = f"{worst.forth:,} {'image' if worst.forth == 1 else 'images'} of {first}"
    if worst.back:
        are = "is" if worst.forth == 1 else "are"
        errors = f"{forth} {are} taken for {second}, {worst.back:,} of {second} for {first}"
        together = "together "
    else:
        errors = f"{forth} are taken for {second}, none the other way round"
        together = ""
    # Among many classes the worst pair is a small share.
    share = f"{worst.share:.0%}" if worst.share >= 0.1 else f"{worst.share:.1%}"
    return f"{first} and {second} are confused most: {errors}; {together}{share} of all errors."
