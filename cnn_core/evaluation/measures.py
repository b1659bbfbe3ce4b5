"""Figures of merit, each a function of labels and logits. NumPy alone: quick to import, easy to check by hand."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

# Guo et al., "On Calibration of Modern Neural Networks" (2017): 15 bins of equal width.
CALIBRATION_BINS = 15


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities, (N, classes) float64, finite for any finite logits."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    logarithms: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logarithms


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities, (N, classes) float64; each row sums to 1."""
    probabilities: np.ndarray = np.exp(log_softmax(logits))
    return probabilities


def accuracy(labels: np.ndarray, logits: np.ndarray) -> float:
    """Share of the rows whose largest logit is the label's, in [0, 1]."""
    return float((logits.argmax(axis=1) == labels).mean())


def wilson_interval(hits: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Where the share of hits would lie if there were any number of images, both ends in [0, 1].

    Args:
        hits: Images that were hits, at most ``count``.
        count: All images, at least 1.
        level: How often such an interval contains the true share.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = hits / count, z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * float(np.sqrt(share * (1 - share) / count + spread / (4 * count)))
    # Rounding must not leave the share of none or all outside.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def top_accuracy(labels: np.ndarray, logits: np.ndarray, k: int) -> float:
    """Share of the rows where the label is among the ``k`` largest logits, in [0, 1].

    Of equal logits the first counts as the largest, as in :func:`accuracy`: with ``k`` = 1 it is the accuracy.
    """
    of_label = logits[np.arange(len(labels)), labels][:, None]
    is_before = np.arange(logits.shape[1]) < labels[:, None]
    ahead = ((logits > of_label) | ((logits == of_label) & is_before)).sum(axis=1)
    return float((ahead < k).mean())


def cross_entropy(labels: np.ndarray, logits: np.ndarray) -> float:
    """Mean negative log-probability of the true class, in nats."""
    return float(-log_softmax(logits)[np.arange(len(labels)), labels].mean())


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, class_count: int) -> np.ndarray:
    """Counts, (classes, classes) int64: rows are the true class, columns the predicted one."""
    flat = np.bincount(labels * class_count + predicted, minlength=class_count**2)
    return flat.reshape(class_count, class_count)


def precision_recall_f1(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of every class, each (classes,) float64.

    A class that was never predicted has precision 0, one without images recall 0, as scikit-learn's
    ``zero_division=0``.
    """
    hits = np.diag(matrix).astype(np.float64)
    predicted, support = matrix.sum(axis=0), matrix.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(predicted + support, 1)
    return precision, recall, f1


def confidence_bins(confidence: np.ndarray, bins: int) -> np.ndarray:
    """In which of so many bins of equal width each confidence lies, (N,) int64 from 0; one on a limit in the upper."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)


def energy(logits: np.ndarray) -> np.ndarray:
    """How little any class claims each image, (N,) float64: minus the log of the summed exponentials of its logits.

    Higher is stranger. Source: Liu et al., "Energy-based Out-of-distribution Detection" (2020).
    """
    top = logits.max(axis=1).astype(np.float64)
    energies: np.ndarray = -(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))
    return energies
