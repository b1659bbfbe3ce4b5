"""Any picture as a small sheet of numbers, which one can compute with by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.images.fit import resized
from cnn_core.images.grey import GREY_WEIGHTS

# The images of the classic datasets have at most so many pixels a side, and stay as they are.
LARGEST_SIDE = 32


@dataclass(frozen=True, eq=False)
class GreyPicture:
    """A picture as numbers.

    Attributes:
        values: (rows, columns) float64 in [0, 1]: 0 is black, 1 is white.
        changes: What was done to the picture for it, each to follow "The picture was"; empty where it is as it was.
    """

    values: np.ndarray
    changes: tuple[str, ...]


def grey_picture(pixels: np.ndarray, size: tuple[int, int] | None = None) -> GreyPicture:
    """Make a picture grey and small.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3) uint8, at least one pixel.
        size: Width and height of the picture as it came, where it was scaled down before.

    Returns:
        At most :data:`LARGEST_SIDE` pixels a side, the proportions kept.
    """
    changes = []
    values = pixels.reshape(*pixels.shape[:2], -1)
    is_coloured = values.shape[2] == 3 and bool((values != values[..., :1]).any())
    grey = values @ np.array(GREY_WEIGHTS) if values.shape[2] == 3 else values[..., 0].astype(np.float64)
    if is_coloured:
        changes.append("made grey")
    height, width = grey.shape
    if max(height, width) > LARGEST_SIDE:
        scale = LARGEST_SIDE / max(height, width)
        rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
        grey = resized(np.rint(grey).clip(0, 255).astype(np.uint8), rows, columns).astype(np.float64)
        before = size or (width, height)
        changes.append(f"shrunk from {before[0]}×{before[1]} to {columns}×{rows} pixels")
    return GreyPicture(grey / 255, tuple(changes))
