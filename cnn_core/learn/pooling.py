"""Pooling: each window of a map becomes one number, and the map smaller. Windows that do not fit in are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.errors import ConfigError
from cnn_core.learn.numbers import figure, in_brackets, sum_of
from cnn_core.learn.window import Sliding

PoolingKind = Literal["max", "average"]
Direction = Literal["right", "left", "down", "up"]

_SHIFTS: dict[Direction, tuple[int, int]] = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}


@dataclass(frozen=True, eq=False)
class PoolingStep:
    """One place of a pooled map, worked out.

    Attributes:
        row, column: Of the result, from 0.
        patch: (side, side) float64, what lies in the window.
        kind: What is taken of it.
        total: The result.
        winner: Row and column in the window of its largest number, the first of equal ones; counts for ``max``.
    """

    row: int
    column: int
    patch: np.ndarray
    kind: PoolingKind
    total: float
    winner: tuple[int, int]

    @property
    def arithmetic(self) -> str:
        """The result written out: "max(0.1, 0.4, 0, 0) = 0.4" or "(0.1 + 0.4 + 0 + 0) / 4 = 0.125"."""
        values = self.patch.ravel().tolist()
        if self.kind == "max":
            return f"max({', '.join(figure(value) for value in values)}) = {figure(self.total, 3)}"
        first, *others = values
        terms = [figure(first), *(in_brackets(figure(value)) for value in others)]
        return f"({sum_of(terms)}) / {len(values)} = {figure(self.total, 3)}"


@dataclass(frozen=True, eq=False)
class Pooled:
    """A map and what pooling made of it.

    Attributes:
        values: (rows, columns) float64.
        kind: What is taken of each window.
        sliding: How the window slides.
        result: (out_rows, out_columns) float64.
    """

    values: np.ndarray
    kind: PoolingKind
    sliding: Sliding
    result: np.ndarray

    def step(self, row: int, column: int) -> PoolingStep:
        """How the place of the result comes about; both from 0."""
        patch = self.sliding.patch(self.values, row, column)
        winner = np.unravel_index(int(patch.argmax()), patch.shape)
        return PoolingStep(
            row, column, patch, self.kind, float(self.result[row, column]), (int(winner[0]), int(winner[1]))
        )


def pool(values: np.ndarray, kind: PoolingKind, *, side: int, stride: int) -> Pooled:
    """Pool a map, as Keras's MaxPooling2D and AveragePooling2D without padding do.

    Args:
        values: (rows, columns) float.
        kind: The largest number of each window, or their mean.
        side: Of the window.
        stride: How far the window moves.

    Raises:
        ConfigError: The window is larger than the map.
    """
    rows, columns = values.shape
    sliding = Sliding(rows, columns, side, stride)
    patches = sliding.patches(values)
    return Pooled(values, kind, sliding, patches.max(axis=(2, 3)) if kind == "max" else patches.mean(axis=(2, 3)))


def shifted(values: np.ndarray, direction: Direction) -> np.ndarray:
    """A picture (rows, columns), moved by one pixel: what leaves it is gone, and the edge that comes in is repeated."""
    down, right = _SHIFTS[direction]
    rows, columns = values.shape
    return np.pad(values, 1, mode="edge")[1 - down : 1 - down + rows, 1 - right : 1 - right + columns]


def change(before: np.ndarray, after: np.ndarray) -> float:
    """How much a map has changed: the sum of all differences as a share of the sum of all numbers, signs left aside.

    0: not at all. Two maps with nothing in common come to 2. Without a number that is not 0, it is 0 or infinite.

    Raises:
        ConfigError: The two are of different size.
    """
    if before.shape != after.shape:
        raise ConfigError(f"Maps of different size cannot be compared: {before.shape} and {after.shape}.")
    difference, size = float(np.abs(after - before).sum()), float(np.abs(before).sum())
    return difference / size if size else (0.0 if difference == 0 else float("inf"))
