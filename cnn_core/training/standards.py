"""Learn from a run's images what a network knows, and so what is strange to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import AugmentationConfig
from cnn_core.inference.outliers import Outliers, Standard, StandardName, fit_standard
from cnn_core.training.predicting import prediction_batch
from cnn_core.training.shown import shown_in, ways_of

if TYPE_CHECKING:
    import keras

    from cnn_core.training.graph import TrainingData

# Share of the validation images that must not be called outliers. People's photos and drawings differ from each other
# by more than those that the training makes: what lies beyond nearly all of these is strange.
ACCEPTANCE: dict[StandardName, float] = {"dataset": 0.95, "photo": 0.98, "drawing": 0.99}

# Images that a standard is learned from, and checked on, at most: more change nothing, and take time.
MOST_IMAGES = 6000
_SEED = 0


def learn_outliers(model: keras.Model, data: TrainingData, augmentation: AugmentationConfig) -> Outliers | None:
    """What is strange to a network, by its training images and those that it watched.

    Args:
        model: From uint8 images to logits.
        data: What it learned from, and what it watched.
        augmentation: With which it learned. It has standards for photos and for drawings where it saw such.

    Returns:
        ``None`` where the network's features are not finite numbers.
    """
    from cnn_core.inference.depths import DepthFeatures

    depths, batch_size = DepthFeatures(model), prediction_batch(model)
    chosen = evenly(data.train_labels, MOST_IMAGES)
    learned, labels = data.train_images[chosen], data.train_labels[chosen]
    chosen = evenly(data.watched_labels, MOST_IMAGES)
    known, known_labels = data.watched_images[chosen], data.watched_labels[chosen]
    standards: dict[StandardName, Standard] = {}
    for name, ways in ways_of(augmentation).items():
        features = depths.many(shown_in(ways, learned, labels, data.sketches, 0), batch_size)
        checked = depths.many(shown_in(ways, known, known_labels, data.watched_sketches, 1), batch_size)
        if not (np.isfinite(features).all() and np.isfinite(checked).all()):
            return None
        standards[name] = fit_standard(features, labels, checked, ACCEPTANCE[name])
    return Outliers(standards)


def images_read(data: TrainingData, augmentation: AugmentationConfig) -> int:
    """About how many images :func:`learn_outliers` gives to the network."""
    one_way = min(MOST_IMAGES, len(data.train_labels)) + min(MOST_IMAGES, len(data.watched_labels))
    return len(ways_of(augmentation)) * one_way


def evenly(labels: np.ndarray, count: int) -> np.ndarray:
    """Choose about ``count`` images at random, as many of each class where it has them: their indices, in order."""
    order = np.random.default_rng(_SEED).permutation(len(labels))
    if len(labels) <= count:
        return np.sort(order)
    share = -(-count // len(np.unique(labels)))
    kept = [order[labels[order] == label][:share] for label in np.unique(labels)]
    return np.sort(np.concatenate(kept))
