"""A heat map drawn on the image that it is about."""

from __future__ import annotations

import numpy as np
from PIL import Image

# From hardly to most: the share of the colour grows with the heat, and the colour turns from amber to red.
_MILD, _HOT = np.array([255.0, 170.0, 20.0]), np.array([225.0, 40.0, 15.0])
_MOST_COLOUR = 0.85
# The picture behind it keeps to greys that leave the colours their brightness, on black and on white.
_DARKEST, _BRIGHTEST = 20.0, 225.0


def heat_picture(image: np.ndarray, heat: np.ndarray, side: int = 280) -> np.ndarray:
    """Draw a heat map over an image: the image in grey, warm colours where the map is high.

    Args:
        image: (H, W, 1) or (H, W, 3) uint8.
        heat: (h, w) float in [0, 1], of any size; it covers the whole image and is enlarged smoothly.
        side: Of the longer side of the picture at least, in pixels.

    Returns:
        (H', W', 3) uint8, of the image's proportions; each pixel of a small image is a square of equal pixels.
    """
    height, width = image.shape[:2]
    times = max(1, -(-side // max(height, width)))
    size = (width * times, height * times)
    one_channel = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("L")
    grey = one_channel.resize(size, Image.Resampling.NEAREST)
    behind = _DARKEST + np.asarray(grey, float)[..., None] / 255 * (_BRIGHTEST - _DARKEST)
    smooth = Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    # Cubic interpolation swings a little beyond its points.
    warmth = np.clip(np.asarray(smooth, float), 0, 1)[..., None]
    share = _MOST_COLOUR * warmth**0.7
    colour = _MILD + warmth * (_HOT - _MILD)
    picture: np.ndarray = np.round((1 - share) * behind + share * colour).astype(np.uint8)
    return picture
