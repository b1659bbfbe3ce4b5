"""How far the confidence of a network can be believed, and the temperature that makes it more believable.

Source: Guo et al., "On Calibration of Modern Neural Networks" (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.evaluation.measures import CALIBRATION_BINS, confidence_bins, softmax
from cnn_core.evaluation.predictions import LabelledLogits

# Beyond these a temperature says more of a fit that failed than of a network.
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Confidence against accuracy, in bins of equal width. All arrays are (bins,).

    Attributes:
        lower, upper: Limits of the bins; a confidence on a limit belongs to the bin above it, 1 to the last.
        counts: Images in each bin, int64.
        accuracy: Share of them that are right; NaN where there is none.
        confidence: Mean of their confidences; NaN where there is none.
    """

    lower: np.ndarray
    upper: np.ndarray
    counts: np.ndarray
    accuracy: np.ndarray
    confidence: np.ndarray


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = CALIBRATION_BINS) -> ReliabilityBins:
    """Sort images by their confidence into bins, as a reliability diagram shows them.

    Args:
        labels: (N,) int64, the true classes.
        probabilities: (N, classes).
        bins: How many bins the range from 0 to 1 is cut into.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    of_image = confidence_bins(confidence, bins)
    counts = np.bincount(of_image, minlength=bins)
    # 0 / 0 is the NaN that is promised.
    with np.errstate(invalid="ignore"):
        accuracy = np.bincount(of_image, weights=right, minlength=bins) / counts
        mean = np.bincount(of_image, weights=confidence, minlength=bins) / counts
    limits = np.linspace(0, 1, bins + 1)
    return ReliabilityBins(limits[:-1], limits[1:], counts, accuracy, mean)


def expected_calibration_error(labels: np.ndarray, logits: np.ndarray) -> float:
    """How far confidence and accuracy lie apart, in [0, 1]: the mean over the images of the gap in their bin.

    Source: Guo et al. (2017), with 15 bins of equal width.
    """
    bins = reliability(labels, softmax(logits))
    filled = bins.counts > 0
    gaps = np.abs(bins.accuracy - bins.confidence)[filled]
    return float(np.average(gaps, weights=bins.counts[filled]))


def fit_temperature(answers: LabelledLogits) -> float:
    """The temperature T that minimises the cross-entropy of softmax(logits / T).

    Above 1 it makes a network less sure, below 1 surer; which class is the most probable never changes.

    Args:
        answers: For images that the network did not learn from, at least one; not the test images.

    Returns:
        From :data:`LOWEST_TEMPERATURE` to :data:`HIGHEST_TEMPERATURE`. 1 where every answer is right: the surer the
        better then, and nothing says how sure is too sure.
    """
    logits = answers.logits.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    of_label = logits[np.arange(len(logits)), answers.labels]
    if not of_label.any():
        return 1.0

    def slope(log_temperature: float) -> float:
        # Of the cross-entropy along 1 / T, in which it is convex: one root at most.
        probabilities = softmax(logits / np.exp(log_temperature))
        return float(((probabilities * logits).sum(axis=1) - of_label).mean())

    lowest, highest = np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)
    if slope(lowest) <= 0:
        return LOWEST_TEMPERATURE
    if slope(highest) >= 0:
        return HIGHEST_TEMPERATURE
    from scipy.optimize import brentq

    return float(np.exp(brentq(slope, lowest, highest, xtol=1e-9)))


def with_temperature(answers: LabelledLogits, temperature: float | None) -> LabelledLogits:
    """The same answers with logits / temperature; as they are where there is none."""
    if temperature is None:
        return answers
    return LabelledLogits(answers.labels, answers.logits / np.float32(temperature))
