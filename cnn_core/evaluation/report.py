"""The evaluation of a run on its test images, as it is stored in ``report.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cnn_core.evaluation import measures
from cnn_core.evaluation.calibration import expected_calibration_error, fit_temperature
from cnn_core.evaluation.predictions import LabelledLogits

# Fractions, cross-entropies in nats, numbers of things.
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Loss = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


class ClassReport(BaseModel):
    """One class: precision, recall and F1; support is its number of test images."""

    model_config = ConfigDict(frozen=True)

    name: str
    precision: Share
    recall: Share
    f1: Share
    support: Count


class StoredReport(BaseModel):
    """What every ``report.json`` says, also one of an older version. Shares are fractions; the loss is in nats.

    Attributes:
        precision, recall, f1: Means over the classes (macro) that have test images or were predicted, as scikit-learn
            forms them: of any other class nothing was seen.
        expected_calibration_error: Of the network as it is, before any temperature.
        confusion_matrix: Counts; rows are the true class, columns the predicted one.
        is_test_set_watched: Whether the test images were watched during the training (the tutorials' protocol).
        best_epoch: Epoch whose weights were evaluated; 0 if the run was stopped within its first.
        val_accuracy: Of that epoch; ``None`` if there was none.
        parameters: Number of weights of the network.
        outlier_threshold: Energy that 95 % of the watched images stay below; higher means "probably none of these".
        temperature: By which logits are divided before the softmax, so that confidence says how often the network is
            right; fitted on the validation images. ``None`` where there are none (the tutorials' protocol), and where
            an older version evaluated.
    """

    model_config = ConfigDict(frozen=True)

    accuracy: Share
    loss: Loss
    precision: Share
    recall: Share
    f1: Share
    expected_calibration_error: Share
    per_class: tuple[ClassReport, ...]
    confusion_matrix: tuple[tuple[Count, ...], ...]
    test_count: Annotated[int, Field(ge=1)]
    is_test_set_watched: bool
    best_epoch: Count
    val_accuracy: Share | None
    parameters: Count
    outlier_threshold: Annotated[float, Field(allow_inf_nan=False)]
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _matrix_fits_the_classes(self) -> Self:
        count = len(self.per_class)
        if [len(row) for row in self.confusion_matrix] != [count] * count:
            raise ValueError(f"the confusion matrix is not {count}×{count}, as the classes ask")
        if sum(map(sum, self.confusion_matrix)) != self.test_count:
            raise ValueError(f"the confusion matrix does not count {self.test_count:,} images")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return tuple(entry.name for entry in self.per_class)

    @property
    def largest_share(self) -> float:
        """Accuracy of always naming the class with the most test images, in [0, 1]."""
        return max(entry.support for entry in self.per_class) / self.test_count

    def matrix(self) -> np.ndarray:
        """The confusion matrix, (classes, classes) int64."""
        return np.array(self.confusion_matrix, dtype=np.int64)

    def training(self) -> Training:
        """What it says of the training."""
        return Training(**{field.name: getattr(self, field.name) for field in fields(Training)})


class Report(StoredReport):
    """What a network did on the test images.

    Attributes:
        accuracy_low, accuracy_high: Wilson's 95 % interval: where the accuracy would lie with any number of images.
        weighted_precision, weighted_recall, weighted_f1: Means over the classes, weighted by their test images.
        top2_accuracy: Share of the images whose class is among the two most probable ones.
        calibrated_loss: With the temperature; ``None`` where there is none.
        calibrated_error: Expected calibration error with the temperature; ``None`` where there is none.
    """

    accuracy_low: Share
    accuracy_high: Share
    weighted_precision: Share
    weighted_recall: Share
    weighted_f1: Share
    top2_accuracy: Share
    calibrated_loss: Loss | None
    calibrated_error: Share | None


def parse_report(content: bytes) -> StoredReport:
    """Read ``report.json``: a :class:`Report`, or what an older version wrote of it.

    Raises:
        ValidationError: It is neither.
    """
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        if any(found["type"] != "missing" for found in error.errors()):
            raise
        return StoredReport.model_validate_json(content)


@dataclass(frozen=True)
class Training:
    """What a report says of the training: see the attributes of the same names in :class:`Report`."""

    is_test_set_watched: bool
    best_epoch: int
    val_accuracy: float | None
    parameters: int
    outlier_threshold: float


def evaluate(
    labels: np.ndarray,
    logits: np.ndarray,
    class_names: tuple[str, ...],
    training: Training,
    validation: LabelledLogits | None = None,
) -> Report:
    """Evaluate a network's answers.

    Args:
        labels: (N,) int64, the true classes; N is at least 1.
        logits: (N, classes) float32, finite.
        class_names: In the order of the labels.
        training: What else the report says.
        validation: Answers for the validation images, on which the temperature is fitted; ``None``: no temperature.
    """
    matrix = measures.confusion_matrix(labels, logits.argmax(axis=1), len(class_names))
    precision, recall, f1 = measures.precision_recall_f1(matrix)
    support = matrix.sum(axis=1)
    is_seen = support + matrix.sum(axis=0) > 0
    rows = zip(class_names, precision, recall, f1, support, strict=True)
    low, high = measures.wilson_interval(int(np.trace(matrix)), len(labels))
    temperature = None if validation is None else fit_temperature(validation)
    tempered = None if temperature is None else logits / np.float32(temperature)
    return Report(
        accuracy=measures.accuracy(labels, logits),
        accuracy_low=low,
        accuracy_high=high,
        loss=measures.cross_entropy(labels, logits),
        precision=float(precision[is_seen].mean()),
        recall=float(recall[is_seen].mean()),
        f1=float(f1[is_seen].mean()),
        weighted_precision=float(np.average(precision, weights=support)),
        weighted_recall=float(np.average(recall, weights=support)),
        weighted_f1=float(np.average(f1, weights=support)),
        top2_accuracy=measures.top_accuracy(labels, logits, 2),
        expected_calibration_error=expected_calibration_error(labels, logits),
        temperature=temperature,
        calibrated_loss=None if tempered is None else measures.cross_entropy(labels, tempered),
        calibrated_error=None if tempered is None else expected_calibration_error(labels, tempered),
        per_class=tuple(
            ClassReport(name=name, precision=float(p), recall=float(r), f1=float(f), support=int(n))
            for name, p, r, f, n in rows
        ),
        confusion_matrix=tuple(tuple(int(count) for count in row) for row in matrix),
        test_count=len(labels),
        **asdict(training),
    )
