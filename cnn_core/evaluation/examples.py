"""Which test images are behind a choice: a cell of the confusion matrix, a range of confidence, an order."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cnn_core.evaluation.predictions import LabelledLogits

Order = Literal["most confident", "least confident", "highest loss", "lowest loss", "closest call"]


def select_examples(
    answers: LabelledLogits,
    *,
    true: int | None = None,
    predicted: int | None = None,
    confidence: tuple[float, float] = (0.0, 1.0),
    order: Order = "most confident",
) -> np.ndarray:
    """The images of a cell, a row or a column of the confusion matrix.

    Args:
        answers: The network's answers.
        true: Only images of this class; ``None`` for any.
        predicted: Only images classified as this; ``None`` for any.
        confidence: Only images whose predicted class has a probability from the first to the second, both included.
        order: By confidence, by loss, or by the margin between the two most probable classes, the closest first.
            Images that are equal in it keep the order of the dataset.

    Returns:
        Indices of the misclassified images that fit, int64; where both classes are given, of all images of that cell,
        so that a cell of the diagonal shows the images that were classified right.
    """
    chosen = (answers.confidence >= confidence[0]) & (answers.confidence <= confidence[1])
    if true is not None:
        chosen &= answers.labels == true
    if predicted is not None:
        chosen &= answers.predicted == predicted
    if true is None or predicted is None:
        chosen &= ~answers.is_right
    return in_order(answers, np.flatnonzero(chosen), order)


def in_order(answers: LabelledLogits, indices: np.ndarray, order: Order) -> np.ndarray:
    """Sort indices of images; see :func:`select_examples`."""
    match order:
        case "most confident":
            key = -answers.confidence[indices]
        case "least confident":
            key = answers.confidence[indices]
        case "highest loss":
            key = -answers.losses[indices]
        case "lowest loss":
            key = answers.losses[indices]
        case "closest call":
            key = answers.margins[indices]
    return indices[np.argsort(key, kind="stable")]
