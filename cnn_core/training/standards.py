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
    for name, ways in _ways(augmentation).items():
        features = depths.many(_shown(learned, labels, data.sketches, ways, 0), batch_size)
        checked = depths.many(_shown(known, known_labels, data.watched_sketches, ways, 1), batch_size)
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


def _ways(augmentation: AugmentationConfig) -> dict[StandardName, list[AugmentationConfig]]:
    """In which ways the images of a standard are shown, as many of them in each; in none: as they are."""
    photos = augmentation.model_copy(update={"photos": 1.0, "drawings": 0.0, "sketches": 0.0})
    drawings = augmentation.model_copy(update={"photos": 0.0, "drawings": 1.0, "sketches": 0.0})
    sketches = augmentation.model_copy(update={"photos": 0.0, "drawings": 0.0, "sketches": 1.0})
    ways: dict[StandardName, list[AugmentationConfig]] = {"dataset": []}
    if augmentation.photos:
        ways["photo"] = [photos]
    if augmentation.drawings or augmentation.sketches:
        ways["drawing"] = [drawings] * (augmentation.drawings > 0) + [sketches] * (augmentation.sketches > 0)
    return ways


def _shown(
    images: np.ndarray, labels: np.ndarray, sketches: np.ndarray | None, ways: list[AugmentationConfig], part: int
) -> np.ndarray:
    """The images as the training showed them, in these ways by turns."""
    if not ways:
        return images
    shown = np.empty_like(images)
    for number, way in enumerate(ways):
        turn = slice(number, None, len(ways))
        shown[turn] = _shown_in(images[turn], labels[turn], sketches, way, part)
    return shown


def _shown_in(
    images: np.ndarray, labels: np.ndarray, sketches: np.ndarray | None, way: AugmentationConfig, part: int
) -> np.ndarray:
    import tensorflow as tf

    from cnn_core.training.augment import augment, sketch

    def shown(some: slice) -> np.ndarray:
        seed, batch = tf.constant([part, some.start], tf.int32), tf.constant(images[some])
        if sketches is not None and way.sketches:
            batch = sketch(batch, labels[some], sketches, way, seed)
        found: np.ndarray = augment(batch, way, seed).numpy()
        if way.sketches == 1:
            # Some people fill what they draw with their pen: of each third sketch, the shape alone.
            found[::3] = np.where(found[::3] > 0, np.uint8(255), np.uint8(0))
        return found

    size = 500
    return np.concatenate([shown(slice(first, first + size)) for first in range(0, len(images), size)])
