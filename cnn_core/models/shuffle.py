"""A layer that shuffles the pixels of images. Importing this module imports Keras, and lets it load such a layer."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from cnn_core.models.pixel_order import pixel_order


@keras.saving.register_keras_serializable(package="cnn_lab")
class ShufflePixels(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Rearrange the pixels of every image by :func:`cnn_core.models.pixel_order.pixel_order`.

    From (N, height, width, channels) of any type to the same; the channels of a pixel stay together. It learns
    nothing. The stand-alone script has the same layer, so that either loads the networks of the other.
    """

    def call(self, images: Any) -> Any:
        """Rearrange the pixels."""
        height, width, channels = images.shape[1:]
        rows = ops.reshape(images, (-1, height * width, channels))
        return ops.reshape(ops.take(rows, pixel_order(height, width), axis=1), (-1, height, width, channels))

    def compute_output_spec(self, images: Any) -> Any:
        """The shape and type of what comes in."""
        return keras.KerasTensor(images.shape, dtype=images.dtype)
