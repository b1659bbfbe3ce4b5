"""Where two networks differ: which images, which cells of the confusion matrix, which classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from cnn_core.evaluation.predictions import LabelledLogits

Which = Literal["they disagree", "only A right", "only B right", "both wrong"]


@dataclass(frozen=True)
class CellChange:
    """What became of a cell, a row or a column of the confusion matrix between A and B; counts of images.

    Attributes:
        before: That A puts there.
        after: That B puts there.
        left: That A puts there and B does not.
        came: That B puts there and A does not.
    """

    before: int
    after: int
    left: int
    came: int


@dataclass(frozen=True)
class ClassChange:
    """The recall of a class in [0, 1] under A and under B, and B less A; ``None`` where it has no image.

    ``support`` is its number of test images.
    """

    name: str
    recall_a: float | None
    recall_b: float | None
    difference: float | None
    support: int

    @property
    def difference_points(self) -> float | None:
        """B less A in percentage points."""
        return None if self.difference is None else 100 * self.difference


def select_disagreements(
    a: LabelledLogits,
    b: LabelledLogits,
    which: Which,
    *,
    true: int | None = None,
    predicted: int | None = None,
) -> np.ndarray:
    """The images on which two networks differ, or which both get wrong.

    Args:
        a: Answers for some images.
        b: Answers of another network for the same images.
        which: "they disagree" are all images for which they name different classes.
        true: Only images of this class; ``None`` for any.
        predicted: Only images that exactly one of the two classifies as this; ``None`` for any.

    Returns:
        Indices, int64, the most confident mistake first; equal ones in the order of the dataset.
    """
    match which:
        case "they disagree":
            chosen = a.predicted != b.predicted
        case "only A right":
            chosen = a.is_right & ~b.is_right
        case "only B right":
            chosen = b.is_right & ~a.is_right
        case "both wrong":
            chosen = ~a.is_right & ~b.is_right
        case _:
            raise ValueError(f"There are no images of the kind {which!r}. Name one of {', '.join(get_args(Which))}.")
    if true is not None:
        chosen = chosen & (a.labels == true)
    if predicted is not None:
        chosen = chosen & ((a.predicted == predicted) != (b.predicted == predicted))
    indices = np.flatnonzero(chosen)
    mistakes = np.maximum(np.where(a.is_right, 0, a.confidence), np.where(b.is_right, 0, b.confidence))
    return indices[np.argsort(-mistakes[indices], kind="stable")]


def cell_change(a: LabelledLogits, b: LabelledLogits, true: int | None, predicted: int | None) -> CellChange:
    """What became of a cell, or of a row or column where the other class is ``None``.

    Of a row only what is misclassified counts: all images of a class are in its row, whatever the network says.
    """
    in_row = np.ones(len(a), bool) if true is None else a.labels == true
    in_a, in_b = (
        in_row & (~answers.is_right if predicted is None else answers.predicted == predicted) for answers in (a, b)
    )
    return CellChange(int(in_a.sum()), int(in_b.sum()), int((in_a & ~in_b).sum()), int((in_b & ~in_a).sum()))


def cell_change_in_words(change: CellChange, cell: tuple[int | None, int | None], class_names: tuple[str, ...]) -> str:
    """What became of a cell in words, such as "True cat, predicted dog: 12 under A, 9 under B. 5 no longer, 2 newly".

    Args:
        change: What became of it.
        cell: Its true and predicted class; ``None`` stands for any, in one of the two.
        class_names: In the order of the labels; not ours, and not escaped here.
    """
    true, predicted = (None if label is None else class_names[label] for label in cell)
    if predicted is None:
        what = f"True {true}, predicted otherwise"
    elif true is None:
        what = f"Predicted {predicted}"
    else:
        what = f"True {true}, predicted {predicted}"
    count = f"{change.before:,} under A, {change.after:,} under B"
    if not change.left and not change.came:
        return f"{what}: {count}. The very same images." if change.before else f"{what}: {count}."
    return f"{what}: {count}. {change.left:,} no longer, {change.came:,} newly."


def class_changes(a: LabelledLogits, b: LabelledLogits, class_names: tuple[str, ...]) -> tuple[ClassChange, ...]:
    """The recall of every class under both networks, in the order of the labels."""
    support, right_a, right_b = (
        np.bincount(labels, minlength=len(class_names)).tolist()
        for labels in (a.labels, a.labels[a.is_right], b.labels[b.is_right])
    )
    rows = zip(class_names, support, right_a, right_b, strict=True)
    return tuple(
        ClassChange(name, of_a / count, of_b / count, (of_b - of_a) / count, count)
        if count
        else ClassChange(name, None, None, None, 0)
        for name, count, of_a, of_b in rows
    )
