"""Sums of numbers times their weights: how a convolution and a dense layer come to a number. No Keras here.

As in :mod:`cnn_core.learn.explanations`, ``value`` is the number, and everything counts from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, eq=False)
class WeighedWindow:
    """A convolution: the numbers in the window, each times its weight, added up, and the bias.

    Attributes:
        source: The station whose maps the window lies on.
        rows: (kernel height,) of these maps; outside of them where the window stands over the border.
        columns: (kernel width,) the same.
        channels: (channels,) of these maps that count: all, or those of the filter's group.
        patch: (kernel height, kernel width, channels) float32; zero over the border.
        is_inside: (kernel height, kernel width) bool; False over the border.
        kernel: (kernel height, kernel width, channels) float32.
        bias: 0 where the layer has none.
    """

    source: str
    rows: np.ndarray
    columns: np.ndarray
    channels: np.ndarray
    patch: np.ndarray
    is_inside: np.ndarray
    kernel: np.ndarray
    bias: float
    explains: ClassVar[bool] = True

    @property
    def products(self) -> np.ndarray:
        """(kernel height, kernel width, channels) float64."""
        products: np.ndarray = self.patch.astype(np.float64) * self.kernel
        return products

    @property
    def channel_sums(self) -> np.ndarray:
        """(channels,) float64: the products of each channel, added up."""
        sums: np.ndarray = self.products.sum(axis=(0, 1))
        return sums

    @property
    def value(self) -> float:
        """The sum of all products, and the bias."""
        return float(self.products.sum()) + self.bias


@dataclass(frozen=True)
class Terms:
    """The largest terms of a sum, and what the others come to.

    Attributes:
        units: Of the inputs, the largest product first, by its absolute value.
        rest: Sum of the other products.
        rest_count: How many those are.
    """

    units: tuple[int, ...]
    rest: float
    rest_count: int


@dataclass(frozen=True, eq=False)
class WeighedSum:
    """A dense layer: each input times its weight, added up, and the bias.

    Attributes:
        source: The station that the inputs are of.
        inputs: (inputs,) float32.
        weights: (inputs,) float32.
        bias: 0 where the layer has none.
    """

    source: str
    inputs: np.ndarray
    weights: np.ndarray
    bias: float
    explains: ClassVar[bool] = True

    @property
    def products(self) -> np.ndarray:
        """(inputs,) float64."""
        products: np.ndarray = self.inputs.astype(np.float64) * self.weights
        return products

    @property
    def value(self) -> float:
        """The sum of all products, and the bias."""
        return float(self.products.sum()) + self.bias

    def largest(self, count: int) -> Terms:
        """The ``count`` products that move the sum most, for or against."""
        products = self.products
        order = np.argsort(-np.abs(products), kind="stable")
        first, others = order[:count], order[count:]
        return Terms(tuple(first.tolist()), float(products[others].sum()), len(others))
