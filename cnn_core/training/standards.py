"""Learn from a run's images what a network knows, and so what is strange to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import AugmentationConfig
from cnn_core.inference.outliers import Outliers, Standard, StandardName, fit_standard
from cnn_core.training.predicting import prediction_batch

if TYPE_CHECKING:
    import keras

    from cnn_core.training.graph import TrainingData

# Share of the validation images that must not be called outliers. People's drawings differ from each other by more
# than those that the training makes: what lies beyond nearly all of these is strange.
ACCEPTANCE: dict[StandardName, float] = {"dataset": 0.95, "photo": 0.95, "drawing": 0.99}

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
    known = data.watched_images[evenly(data.watched_labels, MOST_IMAGES)]
    standards: dict[StandardName, Standard] = {}
    for name, way in _ways(augmentation).items():
        features = depths.many(_shown(learned, way, 0), batch_size)
        checked = depths.many(_shown(known, way, 1), batch_size)
        if not (np.isfinite(features).all() and np.isfinite(checked).all()):
            return None
        standards[name] = fit_standard(features, labels, checked, ACCEPTANCE[name])
    return Outliers(standards)


def images_read(data: TrainingData, augmentation: AugmentationConfig) -> int:
    """About how many images :func:`learn_outliers` gives to the network."""
    one_way = min(MOST_IMAGES, len(data.train_labels)) + min(MOST_IMAGES, len(data.watched_labels))
    return len(_ways(augmentation)) * one_way


def evenly(labels: np.ndarray, count: int) -> np.ndarray:
    """Choose about ``count`` images at random, as many of each class where it has them: their indices, in order."""
    order = np.random.default_rng(_SEED).permutation(len(labels))
    if len(labels) <= count:
        return np.sort(order)
    share = -(-count // len(np.unique(labels)))
    kept = [order[labels[order] == label][:share] for label in np.unique(labels)]
    return np.sort(np.concatenate(kept))


def _ways(augmentation: AugmentationConfig) -> dict[StandardName, AugmentationConfig | None]:
    ways: dict[StandardName, AugmentationConfig | None] = {"dataset": None}
    if augmentation.photos:
        ways["photo"] = augmentation.model_copy(update={"photos": 1.0, "drawings": 0.0})
    if augmentation.drawings:
        ways["drawing"] = augmentation.model_copy(update={"photos": 0.0, "drawings": 1.0})
    return ways


def _shown(images: np.ndarray, way: AugmentationConfig | None, part: int) -> np.ndarray:
    """The images as the training showed them, all in one way; ``None``: as they are."""
    if way is None:
        return images
    import tensorflow as tf

    from cnn_core.training.augment import augment

    size = 500
    return np.concatenate(
        [
            augment(tf.constant(images[first : first + size]), way, tf.constant([part, first], tf.int32)).numpy()
            for first in range(0, len(images), size)
        ]
    )
