"""Features of images at several depths of a network: what is strange in an image may show early or late.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cnn_core.explain.features import grouping
from cnn_core.explain.kinds import PASSED_OVER, POOLINGS, is_linear_convolution
from cnn_core.inference.network import in_company

# So many numbers an image at most: the covariance of them is kept with the run.
MOST_DEPTH_FEATURES = 384
# A map of so few channels is the image itself.
_CHANNELS_OF_A_PICTURE = 3


class DepthFeatures:
    """The features of images in one network: the last map of each size, averaged, and what the logits are made of.

    Each depth is made a unit vector, so that what counts is which features speak, not how loudly. More than
    :data:`MOST_DEPTH_FEATURES` are summed up in groups, as in :class:`cnn_core.explain.features.FeatureNetwork`.

    Args:
        model: From (N, H, W, C) uint8 to (N, classes) logits.
    """

    def __init__(self, model: keras.Model) -> None:
        depths = keras.Model(model.input, _depths(model))
        width = sum(int(tensor.shape[-1]) for tensor in depths.outputs)
        shorten = grouping(width, MOST_DEPTH_FEATURES) if width > MOST_DEPTH_FEATURES else None

        def features(images: Any) -> Any:
            found = tf.nest.flatten(depths(images, training=False))
            vectors = [tf.reduce_mean(one, axis=(1, 2)) if one.shape.rank == 4 else one for one in found]
            joined = tf.concat([tf.math.l2_normalize(tf.cast(one, tf.float32), axis=1) for one in vectors], axis=1)
            return shorten(joined) if shorten else joined

        spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        self.width = min(width, MOST_DEPTH_FEATURES)
        self._features: Any = tf.function(features, input_signature=[spec])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """The features of (N, H, W, C) uint8 images: (N, features) float32. Safe from many threads."""
        return in_company(self._features, images)

    def many(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        """The same, in batches: for a whole set of images, at least one."""
        batches = range(0, len(images), batch_size)
        return np.concatenate([self(images[first : first + batch_size]) for first in batches])


def _depths(model: keras.Model) -> list[Any]:
    maps: dict[tuple[int, int], Any] = {}
    pooled = {id(layer.input) for layer in model.layers if isinstance(layer, POOLINGS)}
    for layer in model.layers:
        tensor = layer.output
        # Sums that are pooled at once and bent only then: the features are those behind it.
        is_half_done = id(tensor) in pooled and is_linear_convolution(layer)
        if isinstance(layer, PASSED_OVER) or is_half_done or len(tensor.shape) != 4:
            continue
        if tensor.shape[3] > _CHANNELS_OF_A_PICTURE:
            maps[tensor.shape[1], tensor.shape[2]] = tensor
    last = model.layers[-1].input
    found = list(maps.values())
    if found and _is_average(last):
        # The last map, averaged, is what the logits are made of.
        found.pop()
    return [*found, last]


def _is_average(tensor: Any) -> bool:
    layer = tensor._keras_history.operation
    while isinstance(layer, layers.Dropout):
        layer = layer.input._keras_history.operation
    return isinstance(layer, layers.GlobalAveragePooling2D)
