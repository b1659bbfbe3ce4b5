"""Answer only when sure: how much more is right when the unsure images are passed on to a person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cnn_core.evaluation.thinning import thinned_line

# What is right among a handful of the surest images says little.
LEAST_COVERAGE = 0.05


@dataclass(frozen=True)
class OperatingPoint:
    """What happens when only images of at least some confidence are answered.

    Attributes:
        threshold: The lowest confidence that is answered, in [0, 1].
        answered: Number of images that are answered; at least 1.
        right: How many of them are right.
        total: Number of all images.
    """

    threshold: float
    answered: int
    right: int
    total: int

    @property
    def coverage(self) -> float:
        """Share of the images that are answered, in (0, 1]."""
        return self.answered / self.total

    @property
    def accuracy(self) -> float:
        """Share of the answered images that are right, in [0, 1]."""
        return self.right / self.answered

    @property
    def passed_on(self) -> int:
        """Number of images that are not answered."""
        return self.total - self.answered


@dataclass(frozen=True, eq=False)
class Coverage:
    """All thresholds that make a difference, each distinct confidence once: K of them, the highest first.

    Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification" (2010).

    Attributes:
        thresholds: (K,) float64, falling.
        answered: (K,) int64, images of at least that confidence; the last are all.
        right: (K,) int64, how many of them are right.
    """

    thresholds: np.ndarray
    answered: np.ndarray
    right: np.ndarray

    @property
    def total(self) -> int:
        """Number of images."""
        return int(self.answered[-1])

    def at(self, share: float) -> OperatingPoint:
        """The highest threshold that answers at least this share of the images.

        Args:
            share: In (0, 1].
        """
        # A share of 0.07 of 100 images are 7, though the product is a little more than that.
        wanted = int(np.ceil(share * self.total - 1e-9))
        return self._point(int(np.searchsorted(self.answered, wanted)))

    def reaching(self, accuracy: float) -> OperatingPoint | None:
        """The threshold that answers the most images with at least this accuracy.

        Args:
            accuracy: In [0, 1].

        Returns:
            ``None`` where it cannot be reached with at least :data:`LEAST_COVERAGE` of the images.
        """
        is_enough = (self.right >= accuracy * self.answered - 1e-9) & (self.answered >= LEAST_COVERAGE * self.total)
        places = np.flatnonzero(is_enough)
        return self._point(int(places[-1])) if len(places) else None

    @cached_property
    def best(self) -> OperatingPoint:
        """The highest accuracy that at least :data:`LEAST_COVERAGE` of the images can have."""
        accuracies = np.where(self.answered >= LEAST_COVERAGE * self.total, self.right / self.answered, -1.0)
        # Of equal ones the one that answers the most.
        return self._point(int(len(accuracies) - 1 - np.argmax(accuracies[::-1])))

    @cached_property
    def curve(self) -> np.ndarray:
        """Accuracy over coverage, (≤ 300, 2) float64, from :data:`LEAST_COVERAGE` to all images."""
        is_shown = self.answered >= LEAST_COVERAGE * self.total
        points = np.stack([self.answered / self.total, self.right / self.answered], axis=1)[is_shown]
        # A chart shows the accuracies that there are, be they from 99 to 100 %.
        return thinned_line(points, box=(1.0, max(float(np.ptp(points[:, 1])), 1e-6)))

    def _point(self, place: int) -> OperatingPoint:
        return OperatingPoint(
            threshold=float(self.thresholds[place]),
            answered=int(self.answered[place]),
            right=int(self.right[place]),
            total=self.total,
        )


def coverage_of(confidence: np.ndarray, is_right: np.ndarray) -> Coverage:
    """What each threshold answers, and how well.

    Args:
        confidence: (N,) float, N at least 1: the probability of each image's predicted class.
        is_right: (N,) bool, whether the predicted class is the true one.
    """
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    # Images of equal confidence are answered together or not at all.
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    return Coverage(
        thresholds=falling[last].astype(np.float64), answered=last + 1, right=is_right[order].cumsum()[last]
    )
