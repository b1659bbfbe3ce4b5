"""The dense layer that an answer comes out of, with its real numbers. Importing this module imports TensorFlow."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnn_core.errors import RunError
from cnn_core.learn.last_layer_values import LastLayer


class LastLayerReader:
    """Reads what the last dense layer of a network gets and gives; its graph is compiled once.

    Args:
        model: From (N, H, W, C) uint8 to (N, classes) logits.

    Raises:
        RunError: Its last layer is not a dense one without activation.
    """

    def __init__(self, model: keras.Model) -> None:
        layer = model.layers[-1]
        if not isinstance(layer, keras.layers.Dense) or layer.activation is not keras.activations.linear:
            raise RunError("The last layer of this network is not dense: its answer cannot be worked out here.")
        body = keras.Model(model.input, [layer.input, model.output])
        spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        self._layer = layer
        self._ask: Any = tf.function(lambda images: body(images, training=False), input_signature=[spec])

    def read(self, image: np.ndarray) -> LastLayer:
        """The layer with what it gets for one (H, W, C) uint8 image. Safe from many threads."""
        # Twice, as everywhere a lone picture is asked about: see `cnn_core.inference.network.in_company`.
        inputs, logits = self._ask(tf.constant(np.repeat(image[None], 2, axis=0)))
        weights = np.asarray(self._layer.kernel, np.float64)
        bias = np.asarray(self._layer.bias, np.float64) if self._layer.use_bias else np.zeros(weights.shape[1])
        return LastLayer(inputs.numpy()[0].astype(np.float64), weights, bias, logits.numpy()[0].astype(np.float64))
