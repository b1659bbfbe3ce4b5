"""Small images inside the file, with what is to be said of each."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnn_core.evaluation.examples import select_examples
from cnn_core.evaluation.label_issues import LabelIssues
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.selection_files import png

# As many as a page of the app shows.
_MOST = 12


@dataclass(frozen=True)
class Picture:
    """A test image.

    Attributes:
        address: Of its PNG, a data URI; ``None`` where the images are not here.
        label: Name of its class.
        other: Name of the class that the network puts it into.
        mark: What a person thinks of the label; empty where nobody said.
    """

    index: int
    address: str | None
    label: str
    other: str
    label_probability: float
    other_probability: float
    mark: str = ""


def worst_mistakes(answers: LabelledLogits, names: tuple[str, ...], images: np.ndarray | None) -> list[Picture]:
    """The misclassified images whose class the network thinks least likely."""
    return [
        Picture(
            index,
            _address(images, index),
            names[answers.labels[index]],
            names[answers.predicted[index]],
            float(answers.probabilities[index, answers.labels[index]]),
            float(answers.confidence[index]),
        )
        for index in select_examples(answers, order="highest loss")[:_MOST].tolist()
    ]


def suspicious_labels(
    issues: LabelIssues, names: tuple[str, ...], images: np.ndarray | None, marks: Mapping[int, str]
) -> list[Picture]:
    """The images whose label is most suspicious, with their marks."""
    return [
        Picture(
            index,
            _address(images, index),
            names[issues.given[place]],
            names[issues.suggested[place]],
            float(issues.given_probability[place]),
            float(issues.suggested_probability[place]),
            marks.get(index, ""),
        )
        for place, index in enumerate(issues.indices[:_MOST].tolist())
    ]


def _address(images: np.ndarray | None, index: int) -> str | None:
    if images is None:
        return None
    return "data:image/png;base64," + base64.b64encode(png(images[index])).decode()
