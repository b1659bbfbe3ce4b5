"""Labels that are probably wrong, by confident learning. NumPy alone: 100,000 images take a fraction of a second.

Source: Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (2021). It asks for
probabilities of images that the network never learned from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.evaluation.measures import confusion_matrix

# Sums in another order differ in the last bits: a probability this little below a threshold still reaches it.
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """Images whose label the network contradicts with confidence, the most suspicious first.

    Attributes:
        indices: (M,) int64, which images.
        given: (M,) int64, the labels that they have.
        suggested: (M,) int64, the classes that they probably belong to.
        given_probability: (M,) float64, the network's probability of the given class.
        suggested_probability: (M,) float64, of the suggested one.
        joint: (classes, classes) float64, estimated numbers of images; rows are the given label, columns the right
            one. A row sums to the number of images with that label.
    """

    indices: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    given_probability: np.ndarray
    suggested_probability: np.ndarray
    joint: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def estimated_errors(self) -> float:
        """How many labels are wrong by the method's estimate; it may be more or less than the images listed."""
        return float(self.joint.sum() - np.trace(self.joint))


def find_label_issues(labels: np.ndarray, probabilities: np.ndarray) -> LabelIssues:
    """Find the labels that are probably wrong.

    An image is listed where it reaches the threshold of a class other than its label, and that class is the most
    probable of those that it reaches (the off-diagonal of the confident joint), and the network's answer is not the
    label. The list is ordered by the normalised margin: the label's probability minus the highest of the others. Unlike
    the label's own probability, it puts an image that the network claims for one other class before an image that the
    network merely cannot place, and only the former has a label to suggest.

    Args:
        labels: (N,) int64, the labels as given.
        probabilities: (N, classes) float64, out of sample.
    """
    class_count = probabilities.shape[1]
    thresholds = confident_thresholds(labels, probabilities)
    masked = np.where(probabilities >= thresholds - _TOLERANCE, probabilities, -1.0)
    guesses = masked.argmax(axis=1)
    rows = np.arange(len(labels))
    is_confident = masked[rows, guesses] >= 0
    counts = confusion_matrix(labels[is_confident], guesses[is_confident], class_count)

    own = probabilities[rows, labels]
    predicted = probabilities.argmax(axis=1)
    found = np.flatnonzero(is_confident & (guesses != labels) & (predicted != labels))
    # The answer is not the label, so the highest of the other probabilities is the answer's.
    margins = own[found] - probabilities[found, predicted[found]]
    found = found[np.argsort(margins, kind="stable")]
    return LabelIssues(
        indices=found,
        given=labels[found],
        suggested=guesses[found],
        given_probability=own[found],
        suggested_probability=probabilities[found, guesses[found]],
        joint=_calibrated(counts, np.bincount(labels, minlength=class_count)),
    )


def confident_thresholds(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """How sure the network is of a class where that is the label, on average, (classes,) float64.

    A class without images has a threshold that no probability reaches: infinity.
    """
    class_count = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    support = np.bincount(labels, minlength=class_count)
    sums = np.bincount(labels, weights=own, minlength=class_count)
    return np.where(support > 0, sums / np.maximum(support, 1), np.inf)


def _calibrated(counts: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Scale each row of the confident joint to the number of images with that label; see the paper's equation 3."""
    counts = counts.astype(np.float64)
    # A class of which no image is confident is taken to be labelled right: nothing speaks against it.
    np.fill_diagonal(counts, np.maximum(np.diag(counts), 1))
    joint: np.ndarray = counts / counts.sum(axis=1, keepdims=True) * support[:, None]
    return joint
