"""The single answers behind a report: which images were misclassified, and how sure the network was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.evaluation.measures import softmax

Order = Literal["most confident", "least confident"]


@dataclass(frozen=True)
class Predictions:
    """A network's answers for the test images.

    Attributes:
        labels: (N,) int64, the true classes.
        logits: (N, classes) float32.
    """

    labels: np.ndarray
    logits: np.ndarray


@dataclass(frozen=True)
class Example:
    """One test image: its index, its true and predicted class, and the probability of the predicted one."""

    index: int
    true: int
    predicted: int
    confidence: float


def select_examples(
    predictions: Predictions,
    *,
    true: int | None = None,
    predicted: int | None = None,
    order: Order = "most confident",
) -> list[Example]:
    """The test images of a cell, a row or a column of the confusion matrix.

    Args:
        predictions: The answers.
        true: Only images of this class; ``None`` for any.
        predicted: Only images classified as this; ``None`` for any.
        order: By confidence, downwards or upwards.

    Returns:
        The misclassified images that fit; where both classes are given, all images of that cell, so that a cell of
        the diagonal shows the images that were classified right.
    """
    answers = predictions.logits.argmax(axis=1)
    confidence = softmax(predictions.logits).max(axis=1)
    chosen = np.ones(len(answers), bool)
    if true is not None:
        chosen &= predictions.labels == true
    if predicted is not None:
        chosen &= answers == predicted
    if true is None or predicted is None:
        chosen &= answers != predictions.labels
    indices = np.flatnonzero(chosen)
    downwards = -1 if order == "most confident" else 1
    indices = indices[np.argsort(downwards * confidence[indices], kind="stable")]
    return [Example(int(i), int(predictions.labels[i]), int(answers[i]), float(confidence[i])) for i in indices]
