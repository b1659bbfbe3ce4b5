"""Two blocks of several filters behind each other, with kernels that everybody knows. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.learn.kernels import KERNELS
from cnn_core.learn.pooling import pool
from cnn_core.learn.sliding import convolve

FIRST = ("sobel-vertical", "sobel-horizontal", "edges", "emboss")
_SECOND = 6


@dataclass(frozen=True, eq=False)
class Block:
    """A convolution with several filters, a ReLU and a max pooling of 2×2.

    Attributes:
        kernels: (3, 3, maps that come in, maps that go out) float64, as Keras keeps them.
        convolved, activated, pooled: (rows, columns, maps that go out) float64.
    """

    kernels: np.ndarray
    convolved: np.ndarray
    activated: np.ndarray
    pooled: np.ndarray

    @property
    def weights(self) -> int:
        """How many numbers it has to learn: those of the kernels, and a bias for each filter."""
        return int(self.kernels.size + self.kernels.shape[3])


def run_block(maps: np.ndarray, kernels: np.ndarray) -> Block:
    """Send maps through a block: zeros around them, stride 1, no bias.

    Args:
        maps: (rows, columns, channels) float, at least 2×2.
        kernels: (side, side, channels, filters) float.

    Raises:
        ConfigError: The maps are too small to be pooled.
    """
    convolved = np.stack([_filtered(maps, kernels[..., one]) for one in range(kernels.shape[3])], axis=2)
    activated = np.maximum(convolved, 0)
    pooled = [pool(activated[..., one], "max", side=2, stride=2).result for one in range(kernels.shape[3])]
    return Block(kernels, convolved, activated, np.stack(pooled, axis=2))


def two_blocks(values: np.ndarray) -> tuple[Block, Block]:
    """Send a picture through two blocks, of four and of six filters.

    Args:
        values: (rows, columns) float64, at least 4×4.

    Raises:
        ConfigError: The picture is smaller.
    """
    first = run_block(values[..., None], _kernels([[name] for name in FIRST]))
    # Any would do for a drawing: each filter looks at every map, at each with another kernel.
    turned = [[FIRST[(place + number) % len(FIRST)] for place in range(len(FIRST))] for number in range(_SECOND)]
    return first, run_block(first.pooled, _kernels(turned))


def _filtered(maps: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    found = [convolve(maps[..., one], kernels[..., one], padding="zeros").result for one in range(maps.shape[2])]
    total: np.ndarray = np.sum(found, axis=0)
    return total


def _kernels(names: Sequence[Sequence[str]]) -> np.ndarray:
    """(3, 3, names of one, all of them): each a filter, with a kernel by name for each map that comes in.

    Those beyond the fourth would repeat the first ones: their signs are turned around.
    """
    filters = [
        np.stack([KERNELS[name].weights for name in one], axis=2) * (-1 if number >= len(FIRST) else 1)
        for number, one in enumerate(names)
    ]
    return np.stack(filters, axis=3)
