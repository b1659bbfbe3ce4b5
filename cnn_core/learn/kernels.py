"""Kernels by name and by hand: what each computes and why, how one is read and written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import ConfigError
from cnn_core.learn.numbers import figure

SIDES = (3, 5)
# A weight beyond it says no more than a smaller one: the colours follow the largest result.
LARGEST_WEIGHT = 1000.0
_TOLD_LETTERS = 20


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel that has a name.

    Attributes:
        name: What an address calls it.
        title: What a person calls it.
        weights: (side, side) float64, read-only.
        why: One sentence: what it does, and why it does so.
    """

    name: str
    title: str
    weights: np.ndarray
    why: str


def _kernel(name: str, title: str, rows: list[list[float]], divisor: float, why: str) -> Kernel:
    weights = np.array(rows, np.float64) / divisor
    weights.setflags(write=False)
    return Kernel(name, title, weights, why)


_BINOMIAL = [1, 4, 6, 4, 1]

KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        _kernel(
            "identity",
            "Identity",
            [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
            1,
            "Only the pixel in the middle counts, so every pixel stays what it was.",
        ),
        _kernel(
            "blur",
            "Blur",
            [[1] * 3] * 3,
            9,
            "Each result is the mean of nine pixels: single bright dots and hard edges are evened out.",
        ),
        _kernel(
            "gaussian-blur",
            "Gaussian blur",
            [[down * across for across in _BINOMIAL] for down in _BINOMIAL],
            256,
            "A mean in which near pixels count more than far ones: it blurs without leaving little squares.",
        ),
        _kernel(
            "sharpen",
            "Sharpen",
            [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
            1,
            "A pixel is pushed away from its four neighbours: where it differs from them, it differs more afterwards.",
        ),
        _kernel(
            "edges",
            "Edges",
            [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
            1,
            "The weights add up to 0, so even areas give 0 and only pixels unlike their surroundings are left.",
        ),
        _kernel(
            "sobel-vertical",
            "Vertical edges",
            [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
            1,
            "Sobel's kernel: right minus left, so it answers where the brightness changes from left to right.",
        ),
        _kernel(
            "sobel-horizontal",
            "Horizontal edges",
            [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
            1,
            "Sobel's kernel, turned: bottom minus top, so it answers where the brightness changes from top to bottom.",
        ),
        _kernel(
            "emboss",
            "Emboss",
            [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
            1,
            "Lower right minus upper left, added to the picture: it looks pressed in metal, lit from one side.",
        ),
    )
}


def parse_kernel(text: str) -> np.ndarray:
    """Read the numbers of a kernel, row by row.

    Args:
        text: 9 or 25 numbers with spaces, commas, semicolons or line ends between them; fractions such as 1/9 too.

    Returns:
        (3, 3) or (5, 5) float64.

    Raises:
        ConfigError: Something is no number, not finite or too large, or the count is another one.
    """
    words = re.split(r"[\s,;]+", text.strip().replace("−", "-"))
    numbers = [_number(word, place) for place, word in enumerate(words if words != [""] else [], start=1)]
    sides = {side * side: side for side in SIDES}
    if len(numbers) not in sides:
        raise ConfigError(
            f"A kernel of 3×3 has 9 numbers, one of 5×5 has 25; these are {len(numbers)}. "
            f"{'Add some.' if len(numbers) < 9 else 'Leave some out, or add some.'}"
        )
    side = sides[len(numbers)]
    return np.array(numbers, np.float64).reshape(side, side)


def format_kernel(weights: np.ndarray) -> str:
    """Write (side, side) weights so that :func:`parse_kernel` reads the same: "-1 0 1, -2 0 2, -1 0 1"."""
    return ", ".join(" ".join(f"{weight:.6g}" for weight in row) for row in weights.tolist())


def resized_kernel(weights: np.ndarray, side: int) -> np.ndarray:
    """The same kernel in a larger window, with zeros around it, or its middle in a smaller one.

    Args:
        weights: (n, n), n odd.
        side: Odd.
    """
    ring = (side - len(weights)) // 2
    return np.pad(weights, ring) if ring >= 0 else weights[-ring:ring, -ring:ring].copy()


def _number(word: str, place: int) -> float:
    above, _, below = word.partition("/")
    shown = word if len(word) <= _TOLD_LETTERS else word[: _TOLD_LETTERS - 1] + "…"
    try:
        # Underscores are Python's, not a person's.
        value = float(above.replace("_", "?")) / float(below.replace("_", "?") or 1)
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigError(f"Number {place} of the kernel is “{shown}”, which is no number. Write it as 0.5.") from error
    if not math.isfinite(value):
        raise ConfigError(f"Number {place} of the kernel is “{shown}”: it must be a finite number, such as 0.5.")
    if abs(value) > LARGEST_WEIGHT:
        limit = figure(LARGEST_WEIGHT)
        raise ConfigError(f"Number {place} of the kernel is {shown}: numbers from −{limit} to {limit} can be used.")
    return value
