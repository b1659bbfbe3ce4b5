"""How each class fares, as a table and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cnn_core.evaluation.curves import OneVersusRest
from cnn_core.evaluation.report import Report
from cnn_core.wording import images_in_words

# How many classes are named in a sentence.
_MOST_NAMED = 5


@dataclass(frozen=True)
class ClassErrors:
    """Errors that concern a class.

    Attributes:
        missed: Images of the class that were taken for another one.
        mistaken: Images of other classes that were taken for it.
    """

    missed: int
    mistaken: int


def class_errors(report: Report, label: int) -> ClassErrors:
    """Count the errors that concern a class."""
    matrix = report.matrix()
    hits = int(matrix[label, label])
    return ClassErrors(int(matrix[label].sum()) - hits, int(matrix[:, label].sum()) - hits)


def class_table(report: Report, scores: Sequence[OneVersusRest] | None) -> pd.DataFrame:
    """A row a class, in the order of the labels.

    Args:
        report: The evaluation.
        scores: Each class against the rest; ``None`` where the answers image by image are not there.

    Returns:
        "class", "images", and in per cent "precision", "recall", "F1", with scores also "average precision" and
        "ROC AUC". NaN where there is nothing to measure: the precision of a class that was never predicted, all
        of a class without test images.
    """
    matrix = report.matrix()
    images, predicted = pd.Series(matrix.sum(axis=1)), pd.Series(matrix.sum(axis=0))
    rows = report.per_class
    table = pd.DataFrame(
        {
            "class": report.class_names,
            "images": images,
            "precision": _per_cent([row.precision for row in rows]).where((images > 0) & (predicted > 0)),
            "recall": _per_cent([row.recall for row in rows]).where(images > 0),
            "F1": _per_cent([row.f1 for row in rows]).where(images > 0),
        }
    )
    if scores is not None:
        table["average precision"] = _per_cent([score.average_precision for score in scores])
        table["ROC AUC"] = _per_cent([score.roc_auc for score in scores])
    return table


def _per_cent(shares: Sequence[float | None]) -> pd.Series:
    # None becomes NaN.
    return pd.Series(100 * np.array(shares, dtype=float))


def class_remarks(report: Report) -> list[str]:
    """What the table does not say by itself, a sentence each: the weakest class, classes that have no figures."""
    matrix, names = report.matrix(), report.class_names
    images, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    unseen = [name for name, count in zip(names, images, strict=True) if not count]
    unsaid = [name for name, count, said in zip(names, images, predicted, strict=True) if count and not said]
    remarks = []
    with_images = [label for label in range(len(names)) if images[label]]
    weakest = min(with_images, key=lambda label: report.per_class[label].f1)
    row, errors = report.per_class[weakest], class_errors(report, weakest)
    if row.f1 < 1 and predicted[weakest]:
        remarks.append(
            f"Weakest class: {row.name}. Of its {images_in_words(int(images[weakest]))} the network misses "
            f"{errors.missed:,}, and of the {predicted[weakest]:,} that it calls so {errors.mistaken:,} "
            f"{'is' if errors.mistaken == 1 else 'are'} of other classes."
        )
    if unsaid:
        remarks.append(f"Never predicted, so without a precision: {_listed(unsaid)}.")
    if unseen:
        remarks.append(f"No test image, so no figures: {_listed(unseen)}.")
    return remarks


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
