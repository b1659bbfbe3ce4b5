"""Which two classes a network takes for each other, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.wording import images_in_words, share_in_words


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
    return f"{first} and {second} are confused most: {pair_in_words(worst, class_names)}."


def pair_in_words(pair: ConfusedPair, class_names: tuple[str, ...]) -> str:
    """How often two classes are taken for each other, and what that is of all errors; no whole sentence.

    Args:
        pair: The classes.
        class_names: In the order of the labels; they stand in the words as they are given.
    """
    first, second = class_names[pair.first], class_names[pair.second]
    are = "is" if pair.forth == 1 else "are"
    forth = f"{images_in_words(pair.forth)} of {first} {are} taken for {second}"
    share = f"{share_in_words(pair.share)} of all errors"
    if not pair.back:
        return f"{forth}, none the other way round; {share}"
    return f"{forth}, {pair.back:,} of {second} for {first}; together {share}"
