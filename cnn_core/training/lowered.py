"""The network as a training step computes it: the same variables and the same function, with fewer trips to memory.

On a CPU the layers between the convolutions take more of a step than one expects: each reads and writes whole feature
maps. Three things are computed in another way here, and the model that is saved knows nothing of it.

* Batch normalisation is one fused operation; Keras's is five that each go through the feature maps.
* An activation before a max pooling is computed after it, on a quarter of the values, and so is the offset of a
  convolution: the largest value stays the largest when all are moved by the same rising function.
* With bfloat16 the convolutions take half the bytes, and on a processor that multiplies such numbers half the time.
  Weights, their gradients' sums, statistics and logits stay float32.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from cnn_core.config import Precision

# Activations that never fall, so that they may change places with a maximum.
_RISING = frozenset({"relu", "leaky_relu", "elu", "tanh", "sigmoid"})


def lowered(model: keras.Model, precision: Precision) -> keras.Model:
    """Another model on the same variables, to call in a training step.

    Args:
        model: A functional model from uint8 images to logits. Its layers are shared, not copied: what one of the two
            learns, the other knows.
        precision: Of the feature maps, "float32" or "bfloat16".

    Returns:
        Model from (N, height, width, channels) uint8 to (N, classes) logits: float32 with the same numbers but for
        rounding, or with those that bfloat16 leaves.
    """
    delayed = _activations_before_max_pooling(model)
    (logits,) = model.outputs
    dtype = "mixed_bfloat16" if precision == "bfloat16" else "float32"

    def shared(layer: layers.Layer) -> layers.Layer:
        # Keras counts the places of a layer's calls: every layer of the copy is a new one.
        if layer in delayed.values():
            return _Bare(layer, dtype=dtype)
        if first := delayed.get(layer):
            return _PoolThenActivate(layer, first, dtype=dtype)
        if isinstance(layer, layers.BatchNormalization) and _is_plain(layer):
            return _FusedNormalization(layer, dtype=dtype)
        # Probabilities near 0 and 1 need the digits of their logits.
        return _Shared(layer, dtype="float32" if layer.output is logits else dtype)

    return keras.models.clone_model(model, clone_function=shared)


def _activations_before_max_pooling(model: keras.Model) -> dict[layers.Layer, layers.Layer]:
    """Each max pooling that follows a rising activation, with the layer that has it and that nothing else reads."""
    readers: dict[int, list[layers.Layer]] = {}
    for layer in model.layers:
        for tensor in keras.tree.flatten(layer.input):
            readers.setdefault(id(tensor), []).append(layer)
    found = {}
    for layer in model.layers:
        if isinstance(layer, (layers.Activation, layers.Conv2D)):
            following = readers.get(id(layer.output), [])
            is_rising = keras.activations.serialize(layer.activation) in _RISING
            if is_rising and len(following) == 1 and isinstance(following[0], layers.MaxPooling2D):
                found[following[0]] = layer
    return found


def _is_plain(layer: layers.BatchNormalization) -> bool:
    return layer.axis in (-1, 3) and layer.scale and layer.center and not layer.renorm


class _Shared(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A layer of the other model, computed in this one's precision."""

    def __init__(self, layer: layers.Layer, dtype: str) -> None:
        super().__init__(dtype=dtype, name=layer.name)
        self.layer = layer
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, **_: Any) -> Any:
        # Not `self.layer(inputs)`: that would cast to the layer's own precision first. Its variables are cast by this
        # layer's.
        if self.layer._call_has_training_arg:
            return self.layer.call(inputs, training=training)
        return self.layer.call(inputs)

    def compute_output_spec(self, inputs: Any, training: bool | None = None, **_: Any) -> keras.KerasTensor:
        del training
        spec = self.layer.compute_output_spec(inputs)
        return keras.KerasTensor(spec.shape, dtype=self.compute_dtype)


class _Bare(_Shared):
    """A convolution without offset and activation, or an activation that does nothing: they come after the pooling."""

    def call(self, inputs: Any, training: bool | None = None, **_: Any) -> Any:
        del training
        if isinstance(self.layer, layers.Conv2D):
            return self.layer.convolution_op(inputs, self.layer.kernel)
        return inputs


class _PoolThenActivate(_Shared):
    def __init__(self, layer: layers.Layer, first: layers.Layer, dtype: str) -> None:
        super().__init__(layer, dtype)
        self.first = first

    def call(self, inputs: Any, training: bool | None = None, **_: Any) -> Any:
        pooled = super().call(inputs, training)
        if isinstance(self.first, layers.Conv2D) and self.first.use_bias:
            pooled = tf.nn.bias_add(pooled, tf.convert_to_tensor(self.first.bias))
        return self.first.activation(pooled)


class _FusedNormalization(_Shared):
    """Batch normalisation in one operation."""

    def call(self, inputs: Any, training: bool | None = None, **_: Any) -> Any:
        norm = self.layer
        if not (training and norm.trainable):
            return norm.call(inputs, training=False)
        # The operation wants images; a vector is one of a single pixel.
        images = inputs if inputs.shape.rank == 4 else inputs[:, tf.newaxis, tf.newaxis, :]
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=images,
            scale=norm.gamma.value,
            offset=norm.beta.value,
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=norm.epsilon,
            is_training=True,
        )
        # It estimates the variance of all images from this batch, n / (n - 1) times that of the batch: Keras does not.
        count = tf.cast(tf.size(images) // images.shape[-1], tf.float32)
        variance *= (count - 1) / count
        for average, value in ((norm.moving_mean, mean), (norm.moving_variance, variance)):
            average.assign(average.value * norm.momentum + value * (1 - norm.momentum))
        return tf.reshape(normalised, tf.shape(inputs))
