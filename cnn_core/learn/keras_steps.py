"""From a Keras layer to the steps that it takes, each with what it does to numbers.

Importing this module imports Keras.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

from cnn_core.learn import operations
from cnn_core.learn.elementwise import CURVES, Curve, exponential_linear, rectifier
from cnn_core.learn.operations import NormWeights, Operation, Shape, Unknown, Weights, Window
from cnn_core.models.pixel_order import pixel_order
from cnn_core.models.shuffle import ShufflePixels


@dataclass(frozen=True)
class Step:
    """A step of a layer.

    Attributes:
        suffix: Of its name, behind the layer's; empty for the first.
        operation: What it does.
        compute: The same on tensors, by Keras's own functions. The first step takes what the layer takes, the second
            one what the first gives.
    """

    suffix: str
    operation: Operation
    compute: Callable[..., Any]


def steps_of(layer: Any, shapes: Sequence[Shape]) -> tuple[Step, ...]:
    """The steps of a layer: one, or two where the layer brings its own activation (the sum, then the activation).

    Args:
        layer: A Keras layer, built; or another operation of a functional model.
        shapes: Of what comes in, without the batch.
    """
    curve: Any = getattr(layer, "activation", None)
    if type(layer) not in _SUMS or curve is keras.activations.linear:
        return (Step("", _operation(layer, shapes), _whole(layer)),)
    name = getattr(curve, "__name__", "activation")
    return (
        Step("", _operation(layer, shapes), functools.partial(_SUMS[type(layer)], layer)),
        Step(f"_{name}", _activation(curve), curve),
    )


def _whole(layer: Any) -> Callable[..., Any]:
    if "training" not in inspect.signature(layer.call).parameters:
        return layer  # type: ignore[no-any-return]
    # Whatever the layer was called with when the model was built: layers of random augmentation remember True.
    return lambda *args, **kwargs: layer(*args, **{**kwargs, "training": False})


def _convolved(layer: layers.Conv2D, x: Any) -> Any:
    return _with_bias(layer, layer.convolution_op(x, layer.kernel))


def _convolved_depthwise(layer: layers.DepthwiseConv2D, x: Any) -> Any:
    found = keras.ops.depthwise_conv(
        x,
        layer.kernel,
        strides=layer.strides,
        padding=layer.padding,
        data_format=layer.data_format,
        dilation_rate=layer.dilation_rate,
    )
    return _with_bias(layer, found)


def _weighed(layer: layers.Dense, x: Any) -> Any:
    return _with_bias(layer, keras.ops.matmul(x, layer.kernel))


def _with_bias(layer: Any, sums: Any) -> Any:
    return sums if layer.bias is None else keras.ops.add(sums, layer.bias)


# What a layer computes before its own activation.
_SUMS: dict[type, Callable[..., Any]] = {
    layers.Conv2D: _convolved,
    layers.DepthwiseConv2D: _convolved_depthwise,
    layers.Dense: _weighed,
}


def _operation(layer: Any, shapes: Sequence[Shape]) -> Operation:
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return Unknown("Its channels come before its rows.")
    # Exactly these types: a layer that inherits from one of them may do something else.
    if read := _READERS.get(type(layer)):
        return read(layer)
    if read_with_shapes := _READERS_WITH_SHAPES.get(type(layer)):
        return read_with_shapes(layer, shapes)
    return Unknown(f"Layers of the type {type(layer).__name__} are not explained here.")


def _numbers(variable: Any) -> np.ndarray:
    found: np.ndarray = np.asarray(keras.ops.convert_to_numpy(variable), np.float32)
    return found


def _convolution(layer: layers.Conv2D) -> Operation:
    def read() -> Weights:
        return Weights(_numbers(layer.kernel), _bias(layer, layer.filters))

    return operations.Convolve(_window(layer, layer.kernel_size), layer.groups, read)


def _depthwise(layer: layers.DepthwiseConv2D) -> Operation:
    height, width, channels, times = layer.kernel.shape

    def read() -> Weights:
        # Filter f of channel c is result c · times + f: a convolution in groups of a single channel.
        kernel = _numbers(layer.kernel).reshape(height, width, 1, channels * times)
        return Weights(kernel, _bias(layer, channels * times))

    return operations.Convolve(_window(layer, layer.kernel_size), channels, read, kind="depthwise")


def _window(layer: Any, size: tuple[int, int]) -> Window:
    dilation = getattr(layer, "dilation_rate", (1, 1))
    return Window(size, layer.strides, dilation, layer.padding == "same")


def _bias(layer: Any, count: int) -> np.ndarray:
    return np.zeros(count, np.float32) if layer.bias is None else _numbers(layer.bias)


def _dense(layer: layers.Dense) -> Operation:
    return operations.Weigh(lambda: Weights(_numbers(layer.kernel), _bias(layer, layer.units)))


def _normalisation(layer: layers.BatchNormalization, shapes: Sequence[Shape]) -> Operation:
    # Keras counts the batch as an axis.
    if layer.axis not in (-1, len(shapes[0])):
        return Unknown("It does not normalise channel by channel.")

    def read() -> NormWeights:
        mean, variance = _numbers(layer.moving_mean), _numbers(layer.moving_variance)
        scale = _numbers(layer.gamma) if layer.scale else np.ones_like(mean)
        offset = _numbers(layer.beta) if layer.center else np.zeros_like(mean)
        return NormWeights(mean, variance, scale, offset)

    return operations.Normalise(layer.epsilon, read)


def _activation(function: Any) -> Operation:
    name = getattr(function, "__name__", "")
    if name in CURVES and function is keras.activations.get(name):
        return operations.Activate(CURVES[name])
    return Unknown(f"The activation '{name or function}' is not explained here.")


def _rectifier(layer: layers.ReLU) -> Operation:
    return operations.Activate(rectifier(float(layer.negative_slope), layer.max_value, float(layer.threshold)))


def _shuffle(_: ShufflePixels, shapes: Sequence[Shape]) -> Operation:
    return operations.Shuffle(pixel_order(*shapes[0][:2]))


def _scale(layer: layers.Rescaling) -> Operation:
    return operations.Scale(np.asarray(layer.scale, np.float64), np.asarray(layer.offset, np.float64))


def _resize(layer: layers.Resizing) -> Operation:
    is_plain = not (layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio or layer.antialias)
    if layer.interpolation == "bilinear" and is_plain:
        return operations.Resize()
    return Unknown("Only plain bilinear resizing is explained here.")


def _join(layer: layers.Concatenate, shapes: Sequence[Shape]) -> Operation:
    is_last = layer.axis in (-1, len(shapes[0]))
    return operations.Join() if is_last else Unknown("It does not join channels.")


def _add(_: layers.Add, shapes: Sequence[Shape]) -> Operation:
    return operations.Add() if len(set(shapes)) == 1 else Unknown("It adds things of different shapes.")


def _activated(curve: Curve) -> Operation:
    return operations.Activate(curve)


_READERS: dict[type, Callable[[Any], Operation]] = {
    layers.Rescaling: _scale,
    layers.Resizing: _resize,
    layers.ZeroPadding2D: lambda layer: operations.Pad(layer.padding[0][0], layer.padding[1][0]),
    layers.Conv2D: _convolution,
    layers.DepthwiseConv2D: _depthwise,
    layers.Activation: lambda layer: _activation(layer.activation),
    layers.ReLU: _rectifier,
    layers.LeakyReLU: lambda layer: _activated(rectifier(float(layer.negative_slope))),
    layers.ELU: lambda layer: _activated(exponential_linear(float(layer.alpha))),
    layers.MaxPooling2D: lambda layer: operations.Pool(_window(layer, layer.pool_size), is_max=True),
    layers.AveragePooling2D: lambda layer: operations.Pool(_window(layer, layer.pool_size), is_max=False),
    layers.GlobalAveragePooling2D: lambda _: operations.Average(),
    layers.Flatten: lambda _: operations.Flatten(),
    layers.Dense: _dense,
    layers.Dropout: lambda _: operations.Rest(),
    layers.SpatialDropout2D: lambda _: operations.Rest(),
    layers.GaussianNoise: lambda _: operations.Rest(),
    layers.GaussianDropout: lambda _: operations.Rest(),
}
_READERS_WITH_SHAPES: dict[type, Callable[[Any, Sequence[Shape]], Operation]] = {
    ShufflePixels: _shuffle,
    layers.Concatenate: _join,
    layers.BatchNormalization: _normalisation,
    layers.Add: _add,
}
