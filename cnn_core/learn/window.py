"""A window that slides over a map: where it stands, and how large the result becomes. Keras's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.errors import ConfigError

Padding = Literal["none", "zeros"]


@dataclass(frozen=True)
class Sliding:
    """A window over a map of ``rows`` × ``columns``.

    Attributes:
        side: Of the square window.
        stride: How many places it moves at a time.
        padding: ``none`` (Keras's "valid"): the window stays inside. ``zeros`` (Keras's "same"): zeros around the map,
            so that with a stride of 1 the result has the size of the map.

    Raises:
        ConfigError: The window is larger than the map, and nothing is put around it.
    """

    rows: int
    columns: int
    side: int
    stride: int = 1
    padding: Padding = "none"

    def __post_init__(self) -> None:
        if self.padding == "none" and self.side > min(self.rows, self.columns):
            raise ConfigError(
                f"A window of {self.side}×{self.side} does not fit into a map of {self.columns}×{self.rows}. "
                "Choose a smaller window or a larger picture, or put zeros around it."
            )

    @property
    def out_rows(self) -> int:
        """Rows of the result."""
        return self._length(self.rows)

    @property
    def out_columns(self) -> int:
        """Columns of the result."""
        return self._length(self.columns)

    @property
    def top(self) -> int:
        """Rows of zeros above the map. Of an odd number the larger half is below."""
        return self._zeros(self.rows) // 2

    @property
    def left(self) -> int:
        """Columns of zeros left of the map. Of an odd number the larger half is on the right."""
        return self._zeros(self.columns) // 2

    @property
    def bottom(self) -> int:
        """Rows of zeros below the map."""
        return self._zeros(self.rows) - self.top

    @property
    def right(self) -> int:
        """Columns of zeros right of the map."""
        return self._zeros(self.columns) - self.left

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The upper left place of the window, in the map, for a place of the result; negative among the zeros."""
        return row * self.stride - self.top, column * self.stride - self.left

    def padded(self, values: np.ndarray) -> np.ndarray:
        """A map (rows, columns) with the zeros around it."""
        return np.pad(values, ((self.top, self.bottom), (self.left, self.right)))

    def patch(self, values: np.ndarray, row: int, column: int) -> np.ndarray:
        """What of a map (rows, columns) lies in the window, (side, side), zeros outside of the map."""
        top, left = row * self.stride, column * self.stride
        return self.padded(values)[top : top + self.side, left : left + self.side]

    def patches(self, values: np.ndarray) -> np.ndarray:
        """What lies in the window at all places: (out_rows, out_columns, side, side), a read-only view."""
        windows = np.lib.stride_tricks.sliding_window_view(self.padded(values), (self.side, self.side))
        return windows[:: self.stride, :: self.stride][: self.out_rows, : self.out_columns]

    @property
    def size_in_words(self) -> str:
        """How the size of the result comes about: "28×28 → 26×26: (28 − 3) / 1 + 1 = 26"."""
        lengths = [self.columns] if self.rows == self.columns else [self.columns, self.rows]
        parts = "; ".join(self._length_in_words(length) for length in lengths)
        return f"{self.columns}×{self.rows} → {self.out_columns}×{self.out_rows}: {parts}"

    def _length(self, length: int) -> int:
        if self.padding == "zeros":
            return -(-length // self.stride)
        return (length - self.side) // self.stride + 1

    def _zeros(self, length: int) -> int:
        if self.padding == "none":
            return 0
        return max(0, (self._length(length) - 1) * self.stride + self.side - length)

    def _length_in_words(self, length: int) -> str:
        result, zeros = self._length(length), self._zeros(length)
        inner = f"{length} + {zeros} − {self.side}" if zeros else f"{length} − {self.side}"
        steps, rest = divmod(length + zeros - self.side, self.stride)
        if steps < 0:
            # A stride beyond the window: the last one is not reached, and nothing is put around.
            return f"{length} / {self.stride}, rounded up = {result}"
        rounded = ", rounded down" if rest else ""
        return f"({inner}) / {self.stride}{rounded} + 1 = {result}"
