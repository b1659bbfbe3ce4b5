"""Convolution as networks compute it, step by step.

Mathematics turns the kernel around before it slides. Networks do not: what they call convolution is a cross-correlation
(Goodfellow, Bengio and Courville, "Deep Learning", 2016, 9.1). As kernels are learned, it makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.learn.numbers import figure, fine, in_brackets, sum_of
from cnn_core.learn.window import Padding, Sliding


@dataclass(frozen=True, eq=False)
class Step:
    """One place of the result, worked out.

    Attributes:
        row, column: Of the result, from 0.
        patch: (side, side) float64, what lies in the window.
        weights: (side, side) float64, the kernel.
        products: (side, side) float64, one times the other.
        total: The sum of the products.
    """

    row: int
    column: int
    patch: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    total: float

    @property
    def arithmetic(self) -> str:
        """The sum written out: "0.12·(−1) + 0.4·0 + …"."""
        pairs = zip(self.patch.ravel().tolist(), self.weights.ravel().tolist(), strict=True)
        terms = sum_of(f"{fine(value)}·{in_brackets(fine(weight))}" for value, weight in pairs)
        return f"{terms} = {figure(self.total, 3)}"


@dataclass(frozen=True, eq=False)
class Convolution:
    """A picture convolved with a kernel.

    Attributes:
        values: The picture, (rows, columns) float64.
        weights: The kernel, (side, side) float64.
        sliding: How it slides.
        result: (out_rows, out_columns) float64.
    """

    values: np.ndarray
    weights: np.ndarray
    sliding: Sliding
    result: np.ndarray

    def step(self, row: int, column: int) -> Step:
        """How the place of the result comes about; both from 0."""
        patch = self.sliding.patch(self.values, row, column)
        products = patch * self.weights
        return Step(row, column, patch, self.weights, products, float(products.sum()))


def convolve(values: np.ndarray, weights: np.ndarray, *, stride: int = 1, padding: Padding = "none") -> Convolution:
    """Slide a kernel over a picture; at each place the sum of all products.

    Args:
        values: (rows, columns) float.
        weights: (side, side) float.
        stride: At least 1.
        padding: As :class:`Sliding`.

    Raises:
        ConfigError: The kernel is larger than the picture, and nothing is put around it.
    """
    rows, columns = values.shape
    sliding = Sliding(rows, columns, len(weights), stride, padding)
    result = np.einsum("rcij,ij->rc", sliding.patches(values), weights)
    return Convolution(values, weights, sliding, result)


def largest_place(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the largest number, the first of equal ones."""
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return int(row), int(column)


def strongest_place(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the number farthest from 0, the first of equal ones."""
    return largest_place(np.abs(values))
