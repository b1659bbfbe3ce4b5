"""From a description of a network to a Keras model: uint8 images in, logits out."""

from __future__ import annotations

import keras
from keras import layers

from cnn_core.config import Block, ConvBlock, DenseBlock, FeatureBlock, ModelConfig, ResidualBlock
from cnn_core.models.shapes import feature_map_sizes, input_size
from cnn_core.models.shuffle import ShufflePixels

# Of the running averages of batch normalisation. Keras's 0.99 suits long runs: over the few hundred steps of a short
# one they would still remember their start.
NORM_MOMENTUM = 0.9

_POOLINGS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}


def build_model(config: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> keras.Model:
    """Build a functional Keras model with fresh weights.

    Scaling to [0, 1] is its first layer, so the saved model takes raw pixels. The softmax is not part of it: losses
    and calibration want logits.

    Every layer of block n is named ``block{n}_…``; a block is found by that prefix. Order and names of the layers
    decide the initial weights and what a saved run can be loaded into, so they stay as they are.

    Args:
        config: The network.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes, at least 2.

    Returns:
        Model from (N, height, width, channels) uint8 to (N, class_count) float32 logits.

    Raises:
        ShapeError: A block leaves nothing of an image of this size.
    """
    height, width, _ = input_shape
    feature_map_sizes(config, height, width)
    inputs = keras.Input(input_shape, dtype="uint8", name="image")
    x = ShufflePixels(name="shuffle")(inputs) if config.shuffle_pixels else inputs
    x = layers.Rescaling(1 / 255, name="scale")(x)
    if input_size(config, height, width) != (height, width):
        x = layers.Resizing(config.enlarge_to, config.enlarge_to, name="enlarge")(x)
    for number, block in enumerate(config.blocks, start=1):
        if isinstance(block, DenseBlock):
            break
        name = f"block{number}"
        x = _residual_block(x, block, name) if isinstance(block, ResidualBlock) else _conv_block(x, block, name)
    return keras.Model(inputs, add_classifier(_vector(x, config), config, class_count), name="cnn_lab")


def add_classifier(x: keras.KerasTensor, config: ModelConfig, class_count: int) -> keras.KerasTensor:
    """Put the dense blocks, the last dropout and the logits on features.

    Args:
        x: (N, features) float32.
        config: Its feature blocks are passed over, but counted in the layers' names.
        class_count: Number of classes, at least 2.
    """
    for number, block in enumerate(config.blocks, start=1):
        if isinstance(block, DenseBlock):
            x = _dense_block(x, block, f"block{number}")
    if config.dropout:
        x = layers.Dropout(config.dropout, name="dropout")(x)
    return layers.Dense(class_count, name="logits")(x)


def _vector(x: keras.KerasTensor, config: ModelConfig) -> keras.KerasTensor:
    if config.features == "global-average":
        return layers.GlobalAveragePooling2D(name="average")(x)
    return layers.Flatten(name="flatten")(x)


def _conv_block(x: keras.KerasTensor, block: ConvBlock, name: str) -> keras.KerasTensor:
    # Batch normalisation brings its own offset, so the convolution's bias would be redundant.
    x = layers.Conv2D(
        block.filters,
        block.kernel,
        strides=block.stride,
        padding=block.padding,
        use_bias=not block.batch_norm,
        activation=None if block.activates_apart else block.activation,
        name=f"{name}_conv",
    )(x)
    if block.pool_first:
        x = _pool(x, block, name)
    x = _normalise(x, block, name)
    if not block.pool_first:
        x = _pool(x, block, name)
    return _drop(x, block, name)


def _residual_block(x: keras.KerasTensor, block: ResidualBlock, name: str) -> keras.KerasTensor:
    """He et al. (2016), figure 2 and section 3.3, option B: conv, norm, ReLU, conv, norm; add; ReLU."""
    has_bias = not block.batch_norm
    shortcut = x
    x = layers.Conv2D(
        block.filters, block.kernel, strides=block.stride, padding="same", use_bias=has_bias, name=f"{name}_conv1"
    )(x)
    x = _norm(x, f"{name}_norm1") if block.batch_norm else x
    x = layers.Activation(block.activation, name=f"{name}_{block.activation}1")(x)
    x = layers.Conv2D(block.filters, block.kernel, padding="same", use_bias=has_bias, name=f"{name}_conv2")(x)
    x = _norm(x, f"{name}_norm2") if block.batch_norm else x
    if shortcut.shape != x.shape:
        shortcut = layers.Conv2D(
            block.filters, 1, strides=block.stride, padding="same", use_bias=has_bias, name=f"{name}_shortcut"
        )(shortcut)
        shortcut = _norm(shortcut, f"{name}_shortcut_norm") if block.batch_norm else shortcut
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    x = layers.Activation(block.activation, name=f"{name}_{block.activation}")(x)
    return _drop(_pool(x, block, name), block, name)


def _dense_block(x: keras.KerasTensor, block: DenseBlock, name: str) -> keras.KerasTensor:
    x = layers.Dense(
        block.units,
        use_bias=not block.batch_norm,
        activation=None if block.activates_apart else block.activation,
        name=f"{name}_dense",
    )(x)
    return _drop(_normalise(x, block, name), block, name)


def _normalise(x: keras.KerasTensor, block: ConvBlock | DenseBlock, name: str) -> keras.KerasTensor:
    """Batch normalisation if asked, and the activation where the layer before has not done it."""
    if block.batch_norm:
        x = _norm(x, f"{name}_norm")
    return layers.Activation(block.activation, name=f"{name}_{block.activation}")(x) if block.activates_apart else x


def _norm(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(momentum=NORM_MOMENTUM, name=name)(x)


def _pool(x: keras.KerasTensor, block: FeatureBlock, name: str) -> keras.KerasTensor:
    return x if block.pooling == "none" else _POOLINGS[block.pooling](2, name=f"{name}_pool")(x)


def _drop(x: keras.KerasTensor, block: Block, name: str) -> keras.KerasTensor:
    return layers.Dropout(block.dropout, name=f"{name}_dropout")(x) if block.dropout else x
