"""What an image looks like, in 48 numbers that change little when the image is cropped, shifted or compressed.

An image is described by its middle, in 12×12 cells, without its mean and its contrast. Which 48 directions of these 144
tell images apart, and not an image from its own altered copies, is learned from the images themselves: Fisher's linear
discriminant, with every image a class of its own (Fisher 1936, https://doi.org/10.1111/j.1469-1809.1936.tb02137.x).

A copy that was cropped or shifted shows the same window at another place. So an image asks with several windows
(:data:`VARIANTS`), and is found by its middle one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.linalg import eigh

_CELLS = 12
_NUMBERS = 48
# A flat window has no contrast to divide by; below this standard deviation, in grey levels, it fades to nothing.
_FLAT = 2.0
# Added in every direction, as a share of what alters: from few images one does not learn all that can happen.
_RIDGE = 1e-3

_LEARNED_FROM, _COPIES = 3000, 4


@dataclass(frozen=True)
class Variant:
    """A window as another image may show it.

    Attributes:
        scale: Its side, of that of the middle window.
        down, right: How far its middle lies from the image's, in steps.
    """

    scale: float
    down: float
    right: float


# Of a shift and the one back, one is enough: the other image asks, too. So it is with larger windows.
VARIANTS = (
    *(Variant(1.0, down, right) for down in range(3) for right in range(-2, 3) if (down, right) >= (0, 0)),
    *(Variant(0.96, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)),
)


def reach(size: int) -> float:
    """How far copies may be shifted, as a share of the side: two pixels, or 4 % where that is more."""
    return min(max(2 / size, 0.04), 0.0715)


def step(size: int) -> float:
    """The step between two windows, as a share of the side: no shift within reach is further than half of it away."""
    return reach(size) / 2


class Describer:
    """Describes small grey images, as it has learned from some of them.

    Args:
        sample: (N, h, w) uint8, some of the images.
        size: Rows and columns that the images have in the dataset.
        rng: Alters the copies that it learns from.
    """

    def __init__(self, sample: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> None:
        self._size = size
        windows = self._windows(sample, VARIANTS[0])
        self._mean = windows.mean(axis=0)
        copies = [self._windows(self._altered(sample, rng), VARIANTS[0]) - windows for _ in range(_COPIES)]
        change = np.concatenate(copies)
        within = change.T @ change / len(change)
        within += np.eye(len(within), dtype=np.float32) * max(_RIDGE * np.trace(within) / len(within), 1e-9)
        between = (windows - self._mean).T @ (windows - self._mean) / len(windows)
        _, directions = eigh(between, within, subset_by_index=(len(within) - _NUMBERS, len(within) - 1))
        self._directions = directions.astype(np.float32)

    @classmethod
    def learned_from(cls, small: np.ndarray, size: tuple[int, int]) -> Describer:
        """Learn from some of the small images (N, h, w) uint8, always the same ones."""
        rng = np.random.default_rng(0)
        return cls(small[np.sort(rng.permutation(len(small))[:_LEARNED_FROM])], size, rng)

    def describe(self, small: np.ndarray, variant: Variant = VARIANTS[0]) -> np.ndarray:
        """Describe images (N, h, w) uint8 by a window of each: (N, 48) float32. Close ones are near each other."""
        parts = [
            (self._windows(small[start : start + 4096], variant) - self._mean) @ self._directions
            for start in range(0, len(small), 4096)
        ]
        return np.concatenate(parts)

    def _windows(self, small: np.ndarray, variant: Variant) -> np.ndarray:
        """(N, 144) float32 without mean and contrast."""
        rows, columns = (
            _area_means(pixels, 0.5 + steps * step(size), (0.5 - reach(size)) * variant.scale)
            for pixels, size, steps in zip(small.shape[1:], self._size, (variant.down, variant.right), strict=True)
        )
        cells: np.ndarray = (rows @ small.astype(np.float32) @ columns.T).reshape(len(small), -1)
        cells -= cells.mean(axis=1, keepdims=True)
        cells /= np.maximum(np.linalg.norm(cells, axis=1, keepdims=True), _FLAT * _CELLS)
        return cells

    def _altered(self, small: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A copy of each image, changed as much as the nearest variant leaves open."""
        return np.stack([_altered(image, self._size, rng) for image in small])


def _area_means(pixels: int, middle: float, half: float) -> np.ndarray:
    """(12, pixels) float32: takes the means over 12 equal parts of a window, given in shares of the side."""
    edges = np.linspace(middle - half, middle + half, _CELLS + 1) * pixels
    pixel = np.arange(pixels)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights: np.ndarray = np.clip(overlap, 0, None).astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _altered(image: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    height, width = image.shape
    scale = 1 + rng.uniform(-0.03, 0.03, 2)
    down, right = rng.uniform(-0.5, 0.5, 2) * [step(size[0]) * height, step(size[1]) * width]
    matrix = np.array(
        [
            [scale[0], 0, right + (1 - scale[0]) * width / 2],
            [0, scale[1], down + (1 - scale[1]) * height / 2],
        ],
        np.float32,
    )
    copy = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    if rng.random() < 0.3:
        copy = cv2.GaussianBlur(copy, (0, 0), 0.8)
    altered: np.ndarray = np.clip(copy * rng.uniform(0.85, 1.15) + rng.normal(0, 4, copy.shape), 0, 255).astype(
        np.uint8
    )
    return altered
