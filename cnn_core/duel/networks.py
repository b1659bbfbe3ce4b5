"""The two networks of a duel: one with convolutions, one of dense layers alone, with as many parameters. No Keras."""

from __future__ import annotations

from typing import Literal

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig
from cnn_core.models.presets import ENLARGED_SIDE
from cnn_core.models.shapes import collapses
from cnn_core.models.summary import layer_table

Kind = Literal["cnn", "dense"]
KINDS: tuple[Kind, ...] = ("cnn", "dense")
TITLES: dict[Kind, str] = {"cnn": "CNN", "dense": "Dense network"}

_MOST_UNITS = 8192
# As a share of all parameters: less than this is equal.
_EQUAL = 0.005
# A layer of fewer lets little of an image through.
_NARROW_UNITS = 32

Shape = tuple[int, int, int]


def duel_network(kind: Kind, shape: Shape, class_count: int, *, is_shuffled: bool) -> ModelConfig:
    """A network of a duel.

    The one with convolutions is as plain as can be: three times a convolution, ReLU and max pooling, then one dense
    layer. The other one has two dense layers of such sizes that it has as many parameters, but for at most 2.5 % for
    large images: there, a single unit of the first layer has as many as that.

    Args:
        kind: Which one.
        shape: (height, width, channels) of the images.
        class_count: Number of classes, at least 2.
        is_shuffled: Whether it sees the pixels of all images shuffled, in one fixed way.
    """
    network = _convolutional(shape) if kind == "cnn" else _dense(shape, class_count)
    return network.model_copy(update={"shuffle_pixels": is_shuffled})


def parameter_count(network: ModelConfig, shape: Shape, class_count: int) -> int:
    """All parameters of a network, as Keras counts them."""
    return sum(row.parameters for row in layer_table(network, shape, class_count))


def kind_of(network: ModelConfig) -> Kind:
    """Whether a network has convolutions."""
    return "dense" if all(isinstance(block, DenseBlock) for block in network.blocks) else "cnn"


def is_narrow(network: ModelConfig) -> bool:
    """Whether the first layer of a dense network has so few units that it holds the others up."""
    first = network.blocks[0] if network.blocks else None
    return isinstance(first, DenseBlock) and first.units < _NARROW_UNITS


def _convolutional(shape: Shape) -> ModelConfig:
    network = ModelConfig(
        blocks=(
            ConvBlock(filters=16, padding="same", pooling="max"),
            ConvBlock(filters=32, padding="same", pooling="max"),
            ConvBlock(filters=64, padding="same", pooling="max"),
            DenseBlock(units=64),
        )
    )
    if not collapses(network, *shape[:2]):
        return network
    return network.model_copy(update={"enlarge_to": ENLARGED_SIDE})


def _dense(shape: Shape, class_count: int) -> ModelConfig:
    height, width, channels = shape
    wanted = parameter_count(_convolutional(shape), shape, class_count)
    first, second = _units(height * width * channels, wanted, class_count)
    return ModelConfig(blocks=(DenseBlock(units=first), DenseBlock(units=second)))


def _units(inputs: int, wanted: int, class_count: int) -> tuple[int, int]:
    """The units of two dense layers whose parameters come nearest to a number.

    Parameters: inputs · a + a, a · b + b, b · classes + classes. For each a there is one best b; it is kept between a
    third of a and a, for what a first layer has lost no wider one brings back. Of the pairs that miss by less than
    :data:`_EQUAL` the one is taken whose second layer is nearest to half of the first, as usual in networks that
    narrow; where there is none, as for large images, the pair that misses least: by half a unit of the first.
    """
    best, least = (1, 1), (True, float("inf"))
    for first in range(1, _MOST_UNITS + 1):
        rest = wanted - class_count - first * (inputs + 1)
        second = min(max(-(-first // 3), round(rest / (first + 1 + class_count))), first)
        miss = abs(rest - second * (first + 1 + class_count)) / wanted
        cost = (miss > _EQUAL, miss if miss > _EQUAL else abs(second / first - 0.5))
        if cost < least:
            best, least = (first, second), cost
        if rest < 0:
            break
    return best
