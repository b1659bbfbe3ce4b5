"""One picture on its way through the first layers of a network: convolved, activated, pooled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cnn_core.errors import ConfigError
from cnn_core.learn.activations import ACTIVATIONS, LEAKY_SLOPE, Activation
from cnn_core.learn.pooling import Direction, Pooled, PoolingKind, change, pool, shifted
from cnn_core.learn.sliding import Convolution, convolve
from cnn_core.learn.window import Padding


@dataclass(frozen=True, eq=False)
class Chain:
    """A picture and what is done to it. Each part is worked out when it is asked for first.

    Attributes:
        values: The picture, (rows, columns) float64 in [0, 1].
        weights: The kernel, (side, side) float64.
        stride, padding: Of the convolution.
        activation_name: One of ``ACTIVATIONS``.
        slope: Of the leaky ReLU.
        kind, side, pool_stride: Of the pooling.
    """

    values: np.ndarray
    weights: np.ndarray
    stride: int = 1
    padding: Padding = "none"
    activation_name: str = "relu"
    slope: float = LEAKY_SLOPE
    kind: PoolingKind = "max"
    side: int = 2
    pool_stride: int = 2

    @property
    def activation(self) -> Activation:
        """The activation function."""
        return ACTIVATIONS[self.activation_name]

    @cached_property
    def convolution(self) -> Convolution:
        """The picture convolved with the kernel.

        Raises:
            ConfigError: The kernel does not fit into the picture.
        """
        return convolve(self.values, self.weights, stride=self.stride, padding=self.padding)

    @cached_property
    def activated(self) -> np.ndarray:
        """The feature map after the activation, of the size of the map before it. Errors as :attr:`convolution`."""
        return self.activation(self.convolution.result, self.slope)

    @cached_property
    def pooled(self) -> Pooled:
        """The activated map, pooled.

        Raises:
            ConfigError: A window does not fit.
        """
        return pool(self.activated, self.kind, side=self.side, stride=self.pool_stride)

    def maps(self) -> Iterator[np.ndarray]:
        """The picture and the maps that come of it, as far as the windows fit."""
        yield self.values
        try:
            yield self.convolution.result
            yield self.activated
            yield self.pooled.result
        except ConfigError:
            return

    def moved(self, direction: Direction) -> Chain:
        """The same for the picture moved by one pixel."""
        return replace(self, values=shifted(self.values, direction))


@dataclass(frozen=True)
class MovedBy:
    """How much moves when the picture moves by one pixel, each as :func:`cnn_core.learn.pooling.change` measures it.

    Attributes:
        feature_map: Of the activated map.
        pooled: Of the pooled map.
    """

    feature_map: float
    pooled: float


def moved_by(chain: Chain, other: Chain) -> MovedBy:
    """Compare what comes of a picture with what comes of it where it has moved.

    Raises:
        ConfigError: A window does not fit.
    """
    return MovedBy(change(chain.activated, other.activated), change(chain.pooled.result, other.pooled.result))
