"""The evaluation of a run on its test images, as it is stored in ``report.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from cnn_core.evaluation import measures


class ClassReport(BaseModel):
    """One class: precision, recall and F1 in [0, 1]; support is its number of test images."""

    model_config = ConfigDict(frozen=True)

    name: str
    precision: float
    recall: float
    f1: float
    support: int


class Report(BaseModel):
    """What a network did on the test images. Shares are fractions; the loss is in nats.

    Attributes:
        precision, recall, f1: Means over the classes (macro).
        confusion_matrix: Counts; rows are the true class, columns the predicted one.
        is_test_set_watched: Whether the test images were watched during the training (the tutorials' protocol).
        best_epoch: Epoch whose weights were evaluated; 0 if the run was stopped within its first.
        val_accuracy: Of that epoch; ``None`` if there was none.
        parameters: Number of weights of the network.
        outlier_threshold: Energy that 95 % of the watched images stay below; higher means "probably none of these".
    """

    model_config = ConfigDict(frozen=True)

    accuracy: float
    loss: float
    precision: float
    recall: float
    f1: float
    expected_calibration_error: float
    per_class: tuple[ClassReport, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    test_count: int
    is_test_set_watched: bool
    best_epoch: int
    val_accuracy: float | None
    parameters: int
    outlier_threshold: float

    @model_validator(mode="after")
    def _matrix_fits_the_classes(self) -> Self:
        count = len(self.per_class)
        if [len(row) for row in self.confusion_matrix] != [count] * count:
            raise ValueError(f"the confusion matrix is not {count}×{count}, as the classes ask")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return tuple(entry.name for entry in self.per_class)

    def matrix(self) -> np.ndarray:
        """The confusion matrix, (classes, classes) int64."""
        return np.array(self.confusion_matrix, dtype=np.int64)


@dataclass(frozen=True)
class Training:
    """What a report says of the training: see the attributes of the same names in :class:`Report`."""

    is_test_set_watched: bool
    best_epoch: int
    val_accuracy: float | None
    parameters: int
    outlier_threshold: float


def evaluate(labels: np.ndarray, logits: np.ndarray, class_names: tuple[str, ...], training: Training) -> Report:
    """Evaluate a network's answers.

    Args:
        labels: (N,) int64, the true classes.
        logits: (N, classes) float32.
        class_names: In the order of the labels.
        training: What else the report says.
    """
    matrix = measures.confusion_matrix(labels, logits.argmax(axis=1), len(class_names))
    precision, recall, f1 = measures.precision_recall_f1(matrix)
    rows = zip(class_names, precision, recall, f1, matrix.sum(axis=1), strict=True)
    return Report(
        accuracy=measures.accuracy(labels, logits),
        loss=measures.cross_entropy(labels, logits),
        precision=float(precision.mean()),
        recall=float(recall.mean()),
        f1=float(f1.mean()),
        expected_calibration_error=measures.expected_calibration_error(labels, logits),
        per_class=tuple(
            ClassReport(name=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
            for name, p, r, f, n in rows
        ),
        confusion_matrix=tuple(tuple(int(count) for count in row) for row in matrix),
        test_count=len(labels),
        is_test_set_watched=training.is_test_set_watched,
        best_epoch=training.best_epoch,
        val_accuracy=training.val_accuracy,
        parameters=training.parameters,
        outlier_threshold=training.outlier_threshold,
    )
