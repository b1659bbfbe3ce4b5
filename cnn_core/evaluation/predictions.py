"""A network's answers for labelled images, and what follows from them image by image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cnn_core.evaluation.measures import log_softmax


@dataclass(frozen=True, eq=False)
class LabelledLogits:
    """Answers for some labelled images. What is derived is computed once, when asked for first.

    Attributes:
        labels: (N,) int64, the true classes.
        logits: (N, classes) float32, finite.
    """

    labels: np.ndarray
    logits: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def predicted(self) -> np.ndarray:
        """(N,) int64, the class of the largest logit; of equal ones the first."""
        predicted: np.ndarray = self.logits.argmax(axis=1)
        return predicted

    @cached_property
    def is_right(self) -> np.ndarray:
        """(N,) bool, where the predicted class is the true one."""
        right: np.ndarray = self.predicted == self.labels
        return right

    @cached_property
    def probabilities(self) -> np.ndarray:
        """(N, classes) float64; each row sums to 1."""
        probabilities: np.ndarray = np.exp(self._logarithms)
        return probabilities

    @cached_property
    def confidence(self) -> np.ndarray:
        """(N,) float64, the probability of the predicted class."""
        confidence: np.ndarray = self.probabilities.max(axis=1)
        return confidence

    @cached_property
    def losses(self) -> np.ndarray:
        """(N,) float64, minus the logarithm of the true class's probability, in nats."""
        losses: np.ndarray = -self._logarithms[np.arange(len(self)), self.labels]
        return losses

    @cached_property
    def margins(self) -> np.ndarray:
        """(N,) float64, in [0, 1]: how far the most probable class is ahead of the second."""
        two = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        margins: np.ndarray = two[:, 1] - two[:, 0]
        return margins

    @cached_property
    def _logarithms(self) -> np.ndarray:
        return log_softmax(self.logits)


@dataclass(frozen=True, eq=False)
class Predictions(LabelledLogits):
    """A run's answers for the test images, and for the validation images that it never learned from.

    Attributes:
        validation: Answers for the validation images; ``None`` where the run had none (the tutorials' protocol) or
            did not keep them.
    """

    validation: LabelledLogits | None = None
