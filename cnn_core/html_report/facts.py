"""What the report says in figures and words: pairs of a name and a value, as text that is still to be escaped."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel

from cnn_core.evaluation.report import Report
from cnn_core.models.summary import describe
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.wording import epochs_in_words

Facts = list[tuple[str, str]]


def head_figures(report: Report) -> list[tuple[str, str, str]]:
    """The figures at the top: name, value, and a word on it."""
    after = (
        "" if report.temperature is None else f"{report.calibrated_error:.2%} at temperature {report.temperature:.3f}"
    )
    second = ("Among the first two", f"{report.top2_accuracy:.2%}", "the true class is one of the two most probable")
    if len(report.per_class) == 2:
        second = ("Always the same answer", f"{report.largest_share:.2%}", "the class with the most images, every time")
    macro = "mean over the classes; weighted by their images: {:.2%}"
    return [
        ("Accuracy", f"{report.accuracy:.2%}", f"95% interval {report.accuracy_low:.2%} to {report.accuracy_high:.2%}"),
        second,
        ("Loss", f"{report.loss:.4f}", "cross-entropy in nats"),
        ("Precision", f"{report.precision:.2%}", macro.format(report.weighted_precision)),
        ("Recall", f"{report.recall:.2%}", macro.format(report.weighted_recall)),
        ("F1", f"{report.f1:.2%}", macro.format(report.weighted_f1)),
        ("Calibration error", f"{report.expected_calibration_error:.2%}", after),
    ]


def test_set_use(report: Report) -> str:
    """How the test images were used, and what that means for the figures."""
    if report.is_test_set_watched:
        return (
            f"The {report.test_count:,} test images were watched every epoch, as the classic tutorials do: choices "
            "made while watching flatter the figures."
        )
    return f"The {report.test_count:,} test images were read once, after the training."


def run_facts(record: RunRecord, status: RunStatus, report: Report) -> Facts:
    """What was trained on what, how, and how it ended."""
    training, (height, width, channels) = record.training, record.data.input_shape
    seconds = status.seconds
    return [
        ("Dataset", f"{record.data.title}: {height}×{width}×{channels}, {len(record.data.class_names)} classes"),
        ("Network", f"{record.preset}, {report.parameters:,} weights"),
        ("Blocks", "; ".join(describe(block) for block in record.model.blocks)),
        (
            "Training",
            f"{status.epoch} of {epochs_in_words(training.total_epochs)}, batches of {training.batch_size}, "
            f"{training.optimizer} at {training.learning_rate:g}, {training.schedule}; {status.state}",
        ),
        *([("Teacher networks", ", ".join(training.teachers))] if training.teachers else []),
        ("Evaluated", f"weights of epoch {report.best_epoch}" if report.best_epoch else "its first epoch, unfinished"),
        ("Seed", str(record.seed)),
        ("Begun", f"{moment(record.created)}" + (f", trained for {seconds:,.0f} s" if seconds else "")),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
    ]


def all_settings(record: RunRecord) -> Facts:
    """Every setting that decides the result, by its name in ``config.json``."""
    sections = record.model_dump(exclude={"format", "created", "data", "versions"})
    return [(name, value) for section, values in sections.items() for name, value in _flat(section, values)]


def moment(timestamp: float) -> str:
    """Seconds since 1970 as "2026-11-21 15:04", with the time zone of this machine."""
    return time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(timestamp))


def _flat(name: str, value: Any) -> Facts:
    if isinstance(value, dict):
        return [fact for key, part in value.items() for fact in _flat(f"{name}.{key}", part)]
    if isinstance(value, list | tuple) and any(isinstance(part, dict | BaseModel) for part in value):
        return [fact for place, part in enumerate(value, start=1) for fact in _flat(f"{name}.{place}", part)]
    return [(name, str(value))]
