"""Grad-CAM: which parts of an image spoke for a class. Importing this module imports TensorFlow.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization" (ICCV 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cnn_core.errors import RunError
from cnn_core.explain.kinds import PASSED_OVER, is_linear_convolution, with_inner
from cnn_core.models.shuffle import ShufflePixels

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Conv2DTranspose)


def find_feature_map(model: keras.Model) -> keras.KerasTensor | None:
    """The last map of features that a convolution made, with its normalisation, activation and shortcut.

    From the logits one goes back to the last tensor that still has a height and a width, and on over pooling and
    dropout: pooling only shrinks what is there, and the map is the finer before it. All that the network says of an
    image it says through this map.

    Args:
        model: A functional model whose logits come from a single chain of layers behind the convolutions.

    Returns:
        (N, height, width, filters), or ``None`` where no convolution leads to the logits.
    """
    tensor = model.output
    while len(tensor.shape) != 4 or isinstance(_maker(tensor), PASSED_OVER):
        tensor = _maker(tensor).input
        if not isinstance(tensor, keras.KerasTensor):
            return None
    return tensor if any(isinstance(layer, _CONVOLUTIONS) for layer in _makers(tensor)) else None


def _maker(tensor: keras.KerasTensor) -> Any:
    return tensor._keras_history.operation


def _makers(tensor: keras.KerasTensor) -> Iterator[Any]:
    """All layers that a tensor comes from, those inside of other models among them."""
    waiting, seen = [tensor], set()
    while waiting:
        layer = _maker(waiting.pop())
        if id(layer) in seen or isinstance(layer, layers.InputLayer):
            continue
        seen.add(id(layer))
        yield from with_inner(layer)
        waiting += layer.input if isinstance(layer.input, list) else [layer.input]


def _before_pooling(tensor: keras.KerasTensor) -> keras.KerasTensor:
    """The same features, finer, where they were pooled before they were normalised and activated.

    What a max pooling lets through is the largest value, and normalisation and activation leave the order as it is
    (where the learned scale is positive, as it nearly always is): the map is made of the values before the pooling.
    """
    behind = []
    layer = _maker(tensor)
    while isinstance(layer, (layers.Activation, layers.BatchNormalization)):
        behind.append(layer)
        layer = _maker(layer.input)
    if not behind or not isinstance(layer, layers.MaxPooling2D) or not is_linear_convolution(_maker(layer.input)):
        return tensor
    finer = layer.input
    for layer in reversed(behind):
        finer = layer(finer)
    return finer


def _why_no_map(tensor: keras.KerasTensor | None) -> str:
    if tensor is None:
        return "This network has no convolution, so there is no map of what it looked at."
    if any(isinstance(layer, ShufflePixels) for layer in _makers(tensor)):
        return (
            "This network shuffles the pixels before it looks at them, so a map of what it looked at would not lie on "
            "the picture."
        )
    return ""


class GradCam:
    """Grad-CAM of one network; its graph is compiled at the first call, for any number of classes.

    Args:
        model: From (N, H, W, C) uint8 to (N, classes) logits.

    Attributes:
        no_map: Why there is no map to be had, for a person; empty where there is one.
    """

    def __init__(self, model: keras.Model) -> None:
        tensor = find_feature_map(model)
        self.no_map = _why_no_map(tensor)
        if tensor is None or self.no_map:
            return
        trunk = keras.Model(model.input, [tensor, _before_pooling(tensor)])
        head = keras.Model(tensor, model.output)

        def maps(image: Any, classes: Any) -> Any:
            found, shown = trunk(image, training=False)
            # A copy for each class, so that one pass through the head gives the gradients of all of them.
            copies = tf.repeat(found, tf.size(classes), axis=0)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(copies)
                logits = head(copies, training=False)
                chosen = tf.gather(logits, classes[:, None], batch_dims=1)
            weights = tf.reduce_mean(tape.gradient(chosen, copies), axis=(1, 2))
            return tf.nn.relu(tf.einsum("kc,hwc->khw", weights, shown[0]))

        image_spec = tf.TensorSpec((1, *model.input_shape[1:]), tf.uint8)
        self._maps: Any = tf.function(maps, input_signature=[image_spec, tf.TensorSpec((None,), tf.int32)])

    @property
    def has_map(self) -> bool:
        """Whether there is a map to be had."""
        return not self.no_map

    def maps(self, image: np.ndarray, classes: Sequence[int]) -> np.ndarray:
        """What in an image spoke for some classes. Safe from many threads.

        Args:
            image: (H, W, C) uint8, as the network was trained on.
            classes: At least one.

        Returns:
            (classes, height, width) float32 in [0, 1], as fine as the network's last map of features, before it is
            pooled: the weighted sum of its filters, weighted by the mean gradient of the class's logit, without what is
            negative, and divided by its largest value. All zero where nothing spoke for a class.

        Raises:
            RunError: There is no map, for :attr:`no_map`.
        """
        if not self.has_map:
            raise RunError(self.no_map)
        maps: np.ndarray = self._maps(tf.constant(image[None]), tf.constant(classes, tf.int32)).numpy()
        largest = maps.max(axis=(1, 2), keepdims=True)
        scaled: np.ndarray = np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
        return scaled
