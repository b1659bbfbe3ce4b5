"""From a description of a network to a Keras model: uint8 images in, logits out."""

from __future__ import annotations

import keras
from keras import layers

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig
from cnn_core.models.shapes import feature_map_sizes

_POOLINGS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}


def build_model(config: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> keras.Model:
    """Build a functional Keras model with fresh weights.

    Scaling to [0, 1] is its first layer, so the saved model takes raw pixels. The softmax is not part of it: losses
    and calibration want logits.

    Args:
        config: The network.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes, at least 2.

    Returns:
        Model from (N, height, width, channels) uint8 to (N, class_count) float32 logits.

    Raises:
        ConfigError: A block leaves nothing of an image of this size.
    """
    height, width, _ = input_shape
    feature_map_sizes(config, height, width)
    inputs = keras.Input(input_shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    if config.enlarge_to is not None and min(height, width) < config.enlarge_to:
        x = layers.Resizing(config.enlarge_to, config.enlarge_to, name="enlarge")(x)
    is_flat = False
    for number, block in enumerate(config.blocks, start=1):
        if isinstance(block, ConvBlock):
            x = _conv_block(x, block, f"block{number}")
            continue
        if not is_flat:
            x, is_flat = layers.Flatten(name="flatten")(x), True
        assert isinstance(block, DenseBlock)
        x = _dense_block(x, block, f"block{number}")
    if not is_flat:
        x = layers.Flatten(name="flatten")(x)
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(class_count, name="logits")(x), name="cnn_lab")


def _conv_block(x: keras.KerasTensor, block: ConvBlock, name: str) -> keras.KerasTensor:
    # Batch normalisation brings its own offset, so the convolution's bias would be redundant.
    x = layers.Conv2D(
        block.filters,
        block.kernel,
        strides=block.stride,
        padding=block.padding,
        use_bias=not block.batch_norm,
        activation=None if block.batch_norm else block.activation,
        name=f"{name}_conv",
    )(x)
    x = _normalise(x, block, name)
    if block.pooling != "none":
        x = _POOLINGS[block.pooling](2, name=f"{name}_pool")(x)
    return layers.Dropout(block.dropout, name=f"{name}_dropout")(x) if block.dropout else x


def _dense_block(x: keras.KerasTensor, block: DenseBlock, name: str) -> keras.KerasTensor:
    x = layers.Dense(
        block.units,
        use_bias=not block.batch_norm,
        activation=None if block.batch_norm else block.activation,
        name=f"{name}_dense",
    )(x)
    x = _normalise(x, block, name)
    return layers.Dropout(block.dropout, name=f"{name}_dropout")(x) if block.dropout else x


def _normalise(x: keras.KerasTensor, block: ConvBlock | DenseBlock, name: str) -> keras.KerasTensor:
    if not block.batch_norm:
        return x
    # Keras's momentum of 0.99 suits long runs: over the few hundred steps of a short one the running averages
    # would still remember their start.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.Activation(block.activation, name=f"{name}_{block.activation}")(x)
