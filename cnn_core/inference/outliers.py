"""How far an image lies from everything that a network knows as one of its classes. No Keras here.

Features of training images at several depths of the network are taken as normally distributed about the mean of their
class, all classes with one covariance. An image's strangeness is its Mahalanobis distance to the nearest of these means
(Lee et al., "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS
2018; ours has all depths in one Gaussian). A network that learned from images as they are cut out of photos, or as
they are drawn by hand, has a standard of its own for each: a drawing is not strange for being drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from cnn_core.images.kind import Kind

StandardName = Literal["dataset", "photo", "drawing"]

SCORE_IN_WORDS = (
    "Distance from the nearest class in the network's features, as a multiple of the limit that 95 % of the validation "
    "images (98 % as photos, 99 % as drawings) stay within: above 1 it is probably none of the classes"
)

# JSON knows no infinity.
HIGHEST_SCORE = 1e6

# A feature that hardly ever speaks counts as if it varied by this share of the middle one at least.
_LEAST_SPREAD = 0.05
# Added to the variances, which are 1: what all training images agree upon must not count without bounds.
_RIDGE = 1e-4


@dataclass(frozen=True, eq=False)
class Standard:
    """What the features of known images are like.

    Attributes:
        means: (classes, features) float32, of those classes that had images.
        spread: (features,) float32, above 0: by which features are divided before anything else.
        whitening: (features, features) float16, lower triangular: of the features divided by the spread, it makes the
            covariance within the classes the unit matrix.
        limit: Above 0: the distance beyond which an image is an outlier.
    """

    means: np.ndarray
    spread: np.ndarray
    whitening: np.ndarray
    limit: float

    def distances(self, features: np.ndarray) -> np.ndarray:
        """The Mahalanobis distance of each image to the nearest mean of a class: (N,) float64.

        Args:
            features: (N, features) float32, finite.
        """
        points, means = self._whitened(features), self._white_means
        squares = (points**2).sum(axis=1)[:, None] + (means**2).sum(axis=1) - 2 * points @ means.T
        nearest: np.ndarray = np.sqrt(np.maximum(squares.min(axis=1), 0))
        return nearest

    @cached_property
    def _white_means(self) -> np.ndarray:
        return self._whitened(self.means)

    @cached_property
    def _whitening(self) -> np.ndarray:
        whitening: np.ndarray = self.whitening.astype(np.float64) / self.spread[:, None]
        return whitening

    def _whitened(self, features: np.ndarray) -> np.ndarray:
        white: np.ndarray = features.astype(np.float64) @ self._whitening
        return white


def fit_standard(features: np.ndarray, labels: np.ndarray, known: np.ndarray, acceptance: float) -> Standard:
    """Learn what known images are like.

    Args:
        features: (N, features) float32, finite, of images that the network learned from; N is at least 1.
        labels: (N,) int64. Classes without images are left out.
        known: (M, features) float32, of known images that it did not learn from; M is at least 1.
        acceptance: Share of these that must not be outliers, in (0, 1].

    Returns:
        Its covariance is shrunk towards the variances alone, by as much as few images ask for (Ledoit and Wolf, "A
        Well-Conditioned Estimator for Large-Dimensional Covariance Matrices", 2004).
    """
    # Takes a second to import.
    from sklearn.covariance import ledoit_wolf

    classes, members = np.unique(labels, return_inverse=True)
    means = np.stack([features[members == one].mean(axis=0, dtype=np.float64) for one in range(len(classes))])
    residuals = features - means[members]
    deviations = residuals.std(axis=0)
    middle = np.median(deviations[deviations > 0]) if deviations.any() else 1.0
    spread = np.maximum(deviations, _LEAST_SPREAD * middle).astype(np.float32)
    # One image says nothing of a covariance.
    covariance = np.eye(len(spread)) if len(features) == 1 else ledoit_wolf(residuals / spread, assume_centered=True)[0]
    covariance[np.diag_indices_from(covariance)] += _RIDGE
    # A factor of the inverse, without inverting twice: the rounding to half precision is part of the standard.
    whitening = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float16)
    unlimited = Standard(means.astype(np.float32), spread, whitening, 1.0)
    limit = float(np.quantile(unlimited.distances(known), acceptance))
    return Standard(unlimited.means, spread, whitening, max(limit, 1e-6))


@dataclass(frozen=True, eq=False)
class Outliers:
    """What tells pictures of no class from those of the classes.

    Attributes:
        standards: By name; ``dataset`` is always there.
    """

    standards: Mapping[StandardName, Standard]

    def scores(self, features: np.ndarray, kinds: Sequence[Kind]) -> np.ndarray:
        """How strange each image is: see :data:`SCORE_IN_WORDS`; (N,) float64, in [0, 1e6].

        Args:
            features: (N, features) float32. What is not finite is as strange as can be.
            kinds: What sort of picture each image was made of.
        """
        scores = np.full(len(features), HIGHEST_SCORE)
        is_finite = np.isfinite(features).all(axis=1)
        names = np.array([self._standard_of(kind) for kind in kinds])
        for name, standard in self.standards.items():
            chosen = is_finite & (names == name)
            if chosen.any():
                scores[chosen] = standard.distances(features[chosen]) / standard.limit
        bounded: np.ndarray = np.minimum(scores, HIGHEST_SCORE)
        return bounded

    def has_own(self, kind: Kind) -> bool:
        """Whether a sort of picture is held to what such pictures are like."""
        return self._standard_of(kind) != "dataset" or kind == "dataset"

    def _standard_of(self, kind: Kind) -> StandardName:
        # What is cut out of a product shot and out of a photo comes the same way.
        name: StandardName = "photo" if kind == "product" else kind
        return name if name in self.standards else "dataset"
