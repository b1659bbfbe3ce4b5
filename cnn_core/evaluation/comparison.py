"""Two networks on the same test images: by how much one is better, and whether chance alone would do as much."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import RunError
from cnn_core.evaluation.measures import wilson_interval
from cnn_core.evaluation.predictions import LabelledLogits

RESAMPLES = 10_000
_INTERVAL_PERCENTILES = (2.5, 97.5)
# Any seed would do; a fixed one gives the same answer each time.
_SEED = 0


@dataclass(frozen=True)
class Comparison:
    """How two networks, A and B, fare on the same images.

    Attributes:
        both_right, only_a_right, only_b_right, both_wrong: Counts of images; together they are all images.
        same_answer: Number of images for which both name the same class, right or wrong.
        difference_low, difference_high: 95 % interval of :attr:`difference`, as a fraction.
        p_value: McNemar's exact test, in [0, 1]: if both were equally good, how often the two would differ in
            accuracy by as much as they do, or by more.
    """

    both_right: int
    only_a_right: int
    only_b_right: int
    both_wrong: int
    same_answer: int
    difference_low: float
    difference_high: float
    p_value: float

    @property
    def count(self) -> int:
        """Number of images."""
        return self.both_right + self.both_wrong + self.one_right

    @property
    def one_right(self) -> int:
        """Number of images that exactly one of the two gets right: the only ones that tell them apart."""
        return self.only_a_right + self.only_b_right

    @property
    def accuracy_a(self) -> float:
        """Share that A gets right, in [0, 1]."""
        return (self.both_right + self.only_a_right) / self.count

    @property
    def accuracy_b(self) -> float:
        """Share that B gets right, in [0, 1]."""
        return (self.both_right + self.only_b_right) / self.count

    @property
    def interval_a(self) -> tuple[float, float]:
        """95 % interval of A's accuracy, as fractions (Wilson)."""
        return wilson_interval(self.both_right + self.only_a_right, self.count)

    @property
    def interval_b(self) -> tuple[float, float]:
        """95 % interval of B's accuracy, as fractions (Wilson)."""
        return wilson_interval(self.both_right + self.only_b_right, self.count)

    @property
    def difference(self) -> float:
        """Accuracy of B less that of A, in [-1, 1]."""
        return (self.only_b_right - self.only_a_right) / self.count


def compare(a: LabelledLogits, b: LabelledLogits) -> Comparison:
    """Compare the answers of two networks image by image.

    Raises:
        RunError: The two did not answer for the same images.
    """
    if not np.array_equal(a.labels, b.labels):
        raise RunError(
            f"The two runs were not tested on the same images: A has {len(a):,} labels and B {len(b):,}, and they are "
            "not equal one by one. Choose two runs on the same dataset, or train them anew."
        )
    if not len(a):
        raise RunError("The two runs have no test images, so there is nothing to compare. Choose other runs.")
    only_a, only_b = int((a.is_right & ~b.is_right).sum()), int((b.is_right & ~a.is_right).sum())
    low, high = difference_interval(only_a, only_b, len(a))
    return Comparison(
        both_right=int((a.is_right & b.is_right).sum()),
        only_a_right=only_a,
        only_b_right=only_b,
        both_wrong=int((~a.is_right & ~b.is_right).sum()),
        same_answer=int((a.predicted == b.predicted).sum()),
        difference_low=low,
        difference_high=high,
        p_value=mcnemar_p_value(only_a, only_b),
    )


def mcnemar_p_value(only_a_right: int, only_b_right: int) -> float:
    """McNemar's exact test, two-sided, in [0, 1].

    Were both equally good, then each image that only one of them gets right would be A's or B's by the toss of a fair
    coin. The p-value is how often as many tosses come out at least as unequal; 1 where there is no such image.

    Source: McNemar (1947), with the binomial distribution in place of its approximation. Summed here in logarithms,
    which takes a millisecond; to import ``scipy.stats``, which the tests compare it with, would take a second.
    """
    tosses, fewer = only_a_right + only_b_right, min(only_a_right, only_b_right)
    k = np.arange(1, fewer + 1)
    # log C(tosses, k), from one k to the next.
    log_ways = np.concatenate([[0.0], np.cumsum(np.log(tosses - k + 1) - np.log(k))])
    largest = float(log_ways.max())
    log_tail = largest + math.log(float(np.exp(log_ways - largest).sum())) - tosses * math.log(2)
    return min(1.0, 2 * math.exp(log_tail))


def difference_interval(only_a_right: int, only_b_right: int, count: int) -> tuple[float, float]:
    """Bootstrap interval of the difference in accuracy, B less A: 95 %, by percentiles of 10,000 resamples.

    A resample draws ``count`` images with replacement, each with the answers of both networks. All that its difference
    depends on is how many of the drawn images only A, only B, and both or neither gets right. Drawn with replacement,
    these three counts have the multinomial distribution with the observed shares: to draw from it is the same
    bootstrap, without drawing a single image.

    Args:
        only_a_right: Number of images that only A gets right.
        only_b_right: Number of images that only B gets right.
        count: Number of all images, at least 1.

    Returns:
        Its ends, as fractions. Both are 0 where no image tells the two apart: the method sees no more than the sample.

    Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
    """
    shares = np.array([only_a_right, only_b_right, count - only_a_right - only_b_right]) / count
    drawn = np.random.default_rng(_SEED).multinomial(count, shares, size=RESAMPLES)
    low, high = np.percentile((drawn[:, 1] - drawn[:, 0]) / count, _INTERVAL_PERCENTILES)
    return float(low), float(high)
