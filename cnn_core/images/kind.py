"""What sort of picture it is; each sort finds its object in its own way."""

from typing import Literal

import cv2
import numpy as np

from cnn_core.images.backdrop import Backdrop
from cnn_core.images.frame import Frame

Kind = Literal["dataset", "drawing", "product", "photo"]

# Levels of 255 that ink differs from its paper at least, a pencil's too; a white product on white is paler.
PALEST_INK = 48
# Half the width of the broadest stroke, as a share of the drawing's longer side.
STROKE_SHARE = 0.08
# Distances from the background that count as one tone, as a share of the strongest.
TONE_SHARE = 0.08


def enlargement(rgb: np.ndarray, frame: Frame) -> int:
    """How many times an image of the frame's size was enlarged, pixel by pixel; 0 if the picture is none.

    Args:
        rgb: (H, W, 3) uint8.
        frame: The images of the dataset.
    """
    height, width = rgb.shape[:2]
    factor = height // frame.height
    if factor < 1 or (height, width) != (factor * frame.height, factor * frame.width):
        return 0
    small = rgb[::factor, ::factor]
    enlarged = small.repeat(factor, axis=0).repeat(factor, axis=1)
    return factor if np.array_equal(enlarged, rgb) else 0


def is_drawing(backdrop: Backdrop, ink: np.ndarray) -> bool:
    """Whether an object on a plain background is drawn: thin strokes, or a shape of one tone.

    Args:
        backdrop: The background of the picture.
        ink: (H, W) bool, True where the picture differs from it; at least one True.
    """
    if backdrop.distance[ink].max() < PALEST_INK:
        return False
    rows, columns = np.nonzero(ink)
    longer = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    padded = np.pad(ink.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    if depth.max() <= max(2.0, STROKE_SHARE * longer):
        return True
    # The edge of a stroke is smoothed: the tones within are what counts.
    inner = backdrop.distance[depth > 2.0].astype(float)
    strongest = np.quantile(inner, 0.98)
    return bool((np.abs(inner - np.median(inner)) <= TONE_SHARE * strongest).mean() >= 0.9)
