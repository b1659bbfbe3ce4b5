"""Pictures → answers. Knows how a picture becomes an input and how logits become an answer; not how a network works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from cnn_core.evaluation.measures import energy, softmax
from cnn_core.images.decode import Picture
from cnn_core.images.prepare import Prepared, prepare
from cnn_core.runs.directory import Run
from cnn_core.runs.record import DataFacts


@dataclass(frozen=True)
class Guess:
    """A class and its probability in [0, 1]."""

    label: str
    probability: float


class AnswerRow(TypedDict):
    """One picture's answer as ``predict --json`` prints it; ``error`` is set where there is no answer."""

    file: str
    label: str | None
    confidence: float | None
    top: list[dict[str, str | float]]
    outlier: bool
    outlier_score: float | None
    error: str | None


@dataclass(frozen=True)
class Answer:
    """What the network says of one picture.

    Attributes:
        prepared: The picture as the network saw it, and how it came to be.
        guesses: All classes, the most probable first.
        outlier_score: Energy of the logits; higher is stranger.
        is_outlier: Whether it is probably none of the classes.
    """

    prepared: Prepared
    guesses: tuple[Guess, ...]
    outlier_score: float
    is_outlier: bool

    @property
    def best(self) -> Guess:
        """The most probable class."""
        return self.guesses[0]

    def row(self, file: str, top: int) -> AnswerRow:
        """The answer as plain data, with the ``top`` most probable classes."""
        return {
            "file": file,
            "label": self.best.label,
            "confidence": self.best.probability,
            "top": [{"label": guess.label, "probability": guess.probability} for guess in self.guesses[:top]],
            "outlier": self.is_outlier,
            "outlier_score": self.outlier_score,
            "error": None,
        }


def error_row(file: str, error: str) -> AnswerRow:
    """The row of a picture that cannot be answered."""
    return {
        "file": file,
        "label": None,
        "confidence": None,
        "top": [],
        "outlier": False,
        "outlier_score": None,
        "error": error,
    }


@dataclass(frozen=True)
class Classifier:
    """Answers for pictures of any kind.

    Attributes:
        logits: From (N, height, width, channels) uint8 to (N, classes) float32.
        data: Classes, and what the dataset's images look like.
        outlier_threshold: Energy above which a picture is called an outlier; ``None``: never.
        temperature: By which the logits are divided before they become probabilities. The energy is that of the
            logits as they are: the threshold was found so.
    """

    logits: Callable[[np.ndarray], np.ndarray]
    data: DataFacts
    outlier_threshold: float | None
    temperature: float = 1.0

    def classify(self, picture: Picture) -> Answer:
        """Answer for one picture.

        Raises:
            PictureError: There is nothing in the picture.
        """
        prepared = prepare(picture, self.data.frame)
        logits = self.logits(prepared.image[None])
        probabilities = softmax(logits / np.float32(self.temperature))[0]
        score = float(energy(logits)[0])
        return Answer(
            prepared=prepared,
            guesses=tuple(
                Guess(self.data.class_names[i], float(probabilities[i]))
                for i in np.argsort(-probabilities, kind="stable")
            ),
            outlier_score=score,
            is_outlier=self.outlier_threshold is not None and score > self.outlier_threshold,
        )


def load_classifier(run: Run, logits: Callable[[np.ndarray], np.ndarray] | None = None) -> Classifier:
    """The classifier of a run that has a model. Imports TensorFlow where it loads the network.

    Args:
        run: The run.
        logits: Of its network, where that is loaded already.

    Raises:
        RunError: The run has no model, or its files are damaged.
    """
    if logits is None:
        from cnn_core.inference.network import Network

        logits = Network(run).logits
    data = run.record().data
    if not run.has_report:
        return Classifier(logits, data, outlier_threshold=None)
    report = run.stored_report()
    return Classifier(logits, data, report.outlier_threshold, report.temperature or 1.0)
