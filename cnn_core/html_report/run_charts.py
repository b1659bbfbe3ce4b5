"""The charts of the report: each class against the rest, calibration, coverage, the training."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from cnn_core.evaluation.calibration import ReliabilityBins, reliability, with_temperature
from cnn_core.evaluation.calibration_words import reliability_words
from cnn_core.evaluation.coverage import LEAST_COVERAGE, coverage_of
from cnn_core.evaluation.curves import one_versus_rest
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.report import Report
from cnn_core.html_report.charts import Axis, Line, limits, line_chart

# More lines than this nobody tells apart; the others are thin and grey.
_NAMED = 5
# Beyond it, sums and differences overflow.
_LARGEST = 1e300


def class_charts(answers: LabelledLogits, report: Report) -> list[Markup]:
    """Precision-recall and ROC curves; the classes of the lowest average precision by name, the others in grey."""
    classes = one_versus_rest(answers)
    known = [label for label, one in enumerate(classes) if one.average_precision is not None]
    worst = sorted(known, key=lambda label: classes[label].average_precision or 0.0)[:_NAMED]
    order = [label for label in known if label not in worst] + worst

    def lines(which: str) -> list[Line]:
        return [
            Line(
                _named(report.class_names[label], which, classes[label].average_precision, classes[label].roc_auc)
                if label in worst
                else "",
                getattr(classes[label], which),
                f"s{worst.index(label)}" if label in worst else "other",
            )
            for label in order
        ]

    note = f"The {len(worst)} weakest classes by name, the others in grey." if len(known) > _NAMED else ""
    return [
        line_chart(
            "Precision and recall",
            "Precision over recall of each class against all others. A good class stays near the top right corner; "
            "average precisions are in the legend.",
            lines("precision_recall"),
            Axis("recall", 0.0, 1.0),
            Axis("precision", 0.0, 1.0),
            note=note,
        ),
        line_chart(
            "ROC",
            "Share of a class that is found, over the share of the others that is taken for it. A good class stays "
            "near the top left corner; the areas below the curves are in the legend.",
            lines("roc"),
            Axis("others taken for it", 0.0, 1.0),
            Axis("found (recall)", 0.0, 1.0),
            note=note,
        ),
    ]


def _named(name: str, which: str, average_precision: float | None, roc_auc: float | None) -> str:
    value, what = (average_precision, "AP") if which == "precision_recall" else (roc_auc, "AUC")
    return name if value is None else f"{name} ({what} {value:.3f})"


def confidence_charts(answers: LabelledLogits, report: Report) -> list[Markup]:
    """Reliability, with the temperature too where there is one; accuracy over coverage."""
    bins = reliability(answers.labels, answers.probabilities)
    lines = [
        Line("as sure as right", np.array([[0.0, 0.0], [1.0, 1.0]]), "ideal"),
        _reliability_line("as the network says", bins, "s0"),
    ]
    said = f"As the network says it: {reliability_words(bins)}"
    used = with_temperature(answers, report.temperature)
    if report.temperature is not None:
        bins = reliability(used.labels, used.probabilities)
        lines.append(_reliability_line(f"with temperature {report.temperature:.3f}", bins, "s1"))
        said += f" With the temperature: {reliability_words(bins)}"
    curve = coverage_of(used.confidence, used.is_right).curve
    return [
        line_chart(
            "Is it right as often as it is sure?",
            "Reliability diagram: accuracy over mean confidence in 15 bins. On the diagonal, confidence says how often "
            "the network is right; below it, the network is too sure.",
            lines,
            Axis("confidence", 0.0, 1.0),
            Axis("accuracy", 0.0, 1.0),
            note=said,
        ),
        line_chart(
            "Answering only when sure",
            f"Accuracy over the share of the images that are answered, the surest first, from {LEAST_COVERAGE:.0%} to "
            "all of them.",
            [Line("", curve, "s0")],
            Axis("images answered", 0.0, 1.0),
            limits(curve[:, 1], "accuracy of the answers", is_share=True),
        ),
    ]


def _reliability_line(name: str, bins: ReliabilityBins, style: str) -> Line:
    return Line(name, np.column_stack([bins.confidence, bins.accuracy]), style, has_markers=True)


def learning_charts(history: pd.DataFrame, watched: str) -> list[Markup]:
    """Accuracy and loss by epoch.

    Args:
        history: As :meth:`cnn_core.runs.directory.Run.history`.
        watched: Name of the images watched every epoch.
    """
    history = history[_can_be_drawn(history["epoch"].to_numpy(float))]
    if history.empty:
        return []
    epochs = history["epoch"].to_numpy(float)
    x = Axis("epoch", min(float(epochs.min()), 1.0), max(float(epochs.max()), 2.0), is_share=False)
    charts = []
    for measure in ("accuracy", "loss"):
        columns = [history[name].to_numpy(float) for name in (measure, f"val_{measure}")]
        columns = [np.where(_can_be_drawn(values), values, np.nan) for values in columns]
        y = limits(np.concatenate(columns), measure, is_share=measure == "accuracy", from_zero=measure == "loss")
        lines = [
            Line(name, np.column_stack([epochs, values]), style, has_markers=len(epochs) <= 30)
            for name, values, style in zip(("training", watched), columns, ("s0", "s1"), strict=True)
        ]
        what = f"{measure.capitalize()} by epoch"
        charts.append(line_chart(what, f"{what} on the training and on the {watched} images.", lines, x, y))
    return charts


def _can_be_drawn(values: np.ndarray) -> np.ndarray:
    """Where a damaged history, or a training that went astray, left a number that an axis can hold."""
    drawn: np.ndarray = np.abs(values) < _LARGEST
    return drawn
