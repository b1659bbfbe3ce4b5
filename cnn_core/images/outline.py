"""The shape that a drawn outline encloses, also where its strokes do not quite meet."""

import cv2
import numpy as np

from cnn_core.images.foreground import filled

# Gaps between strokes that are bridged, as shares of the drawing's longer side, the smallest first.
GAPS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.27, 0.35)
# What is enclosed takes at least this share of what the strokes leave free in their box, and this share of the box: the
# eyes of a button are no garment.
ENCLOSED_SHARE, SMALLEST_SHARE = 0.3, 0.1
# The longer side on which outlines are bridged: fine enough for any frame.
_SIDE = 112


def enclosed_by(ink: np.ndarray) -> np.ndarray | None:
    """Find what the strokes of a drawing enclose, their gaps bridged as far as needed.

    Args:
        ink: (H, W) bool, True on the strokes; at least one True.

    Returns:
        (H, W) bool: the enclosed shape with its strokes; ``None`` where the strokes enclose nothing of the drawing's
        size, however far they are bridged.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    drawn = ink[box]
    height, width = drawn.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(drawn.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 64
    covered = small.mean()
    for gap in GAPS:
        shape = _bridged(small, gap)
        if shape.mean() - covered >= max(ENCLOSED_SHARE * (1 - covered), SMALLEST_SHARE):
            result = np.zeros_like(ink)
            large = cv2.resize(shape.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
            result[box] = large | drawn
            return result
    return None


def _bridged(ink: np.ndarray, gap: float) -> np.ndarray:
    """The ink (H, W) bool and all it encloses once gaps of a share of the longer side are bridged."""
    radius = round(gap * max(ink.shape) / 2)
    if radius == 0:
        return filled(ink)
    margin = radius + 1
    around = np.pad(ink, margin).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    inner = slice(margin, -margin)
    # Closed, filled, and opened again: what the bridges themselves added outside of the strokes goes.
    closed = filled(cv2.dilate(around, disc) > 0)
    shape = cv2.erode(closed.astype(np.uint8), disc)[inner, inner] > 0
    result: np.ndarray = shape | ink
    return result
