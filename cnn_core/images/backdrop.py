"""What surrounds the object: the colour of a picture's border, and how far every pixel lies from it."""

from dataclasses import dataclass

import numpy as np

# Levels of 255. The border of a canvas or a product shot stays within the first even after JPEG; paper and
# walls under a lamp stay within the second once the slope of the light is taken out.
FLAT_TOLERANCE = 8
SLOPED_TOLERANCE = 14

# A background darker than this is black.
BLACK = 64

# An object may touch the border, as a coat does whose sleeves reach both sides.
FLAT_SHARE = 0.6
SLOPED_SHARE = 0.85


@dataclass(frozen=True, eq=False)
class Backdrop:
    """The background that a picture's border shows.

    Attributes:
        colour: (3,) uint8, the middle colour of the border.
        is_plain: One colour surrounds the picture, be it lit unevenly. False: a scene, or a patterned cloth.
        distance: (H, W) uint8, how far each pixel lies from the background, over its strongest channel.
        noise: How far the background itself lies from it; 0 on a canvas.
    """

    colour: np.ndarray
    is_plain: bool
    distance: np.ndarray
    noise: int

    @property
    def is_black(self) -> bool:
        """Whether the background is about as dark as that of Fashion-MNIST."""
        return int(self.colour.max()) < BLACK


def backdrop_of(rgb: np.ndarray) -> Backdrop:
    """Measure the background of a picture (H, W, 3) uint8 on the ring of pixels along its border.

    Turning the picture negative leaves everything but the colour as it is.
    """
    ring = border_ring(*rgb.shape[:2])
    colour = np.median(rgb[ring], axis=0)
    distance = np.abs(rgb - colour).max(axis=2)
    outside = distance[ring]
    is_plain = bool((outside <= FLAT_TOLERANCE).mean() >= FLAT_SHARE)
    if not is_plain:
        sloped = np.abs(rgb - _sloped_light(rgb, ring)).max(axis=2)
        if (sloped[ring] <= SLOPED_TOLERANCE).mean() >= SLOPED_SHARE:
            is_plain, distance, outside = True, sloped, sloped[ring]
    background = outside[outside <= SLOPED_TOLERANCE]
    noise = float(np.quantile(background, 0.95)) if background.size else 0.0
    return Backdrop(
        colour=colour.astype(np.uint8),
        is_plain=is_plain,
        distance=np.floor(distance).clip(0, 255).astype(np.uint8),
        noise=int(np.ceil(noise)),
    )


def over_contrast(rgb: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
    """Lay a transparent picture over black or over white, whichever hides less of it.

    Args:
        rgb: (H, W, 3) uint8.
        alpha: (H, W) uint8, or None for an opaque picture, which is returned as it is.

    Returns:
        (H, W, 3) uint8.
    """
    if alpha is None:
        return rgb
    visible = rgb[alpha > 127] if (alpha > 127).any() else rgb[alpha > 0]
    over_white = visible.size > 0 and (visible.min(axis=1) > 191).mean() < (visible.max(axis=1) < 64).mean()
    share = alpha[..., None].astype(np.uint16)
    mixed = (rgb * share + (255 if over_white else 0) * (255 - share) + 127) // 255
    return mixed.astype(np.uint8)


def border_ring(height: int, width: int) -> np.ndarray:
    """(height, width) bool: True along the border, 2 % of the shorter side deep, at least one pixel."""
    depth = max(1, round(0.02 * min(height, width)))
    ring = np.ones((height, width), bool)
    ring[depth : height - depth, depth : width - depth] = False
    return ring


def _sloped_light(rgb: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """(H, W, 3) float: the plane through the colours of the border, for light that falls from one side."""
    height, width = ring.shape
    rows, columns = np.nonzero(ring)
    places = np.column_stack([rows / height, columns / width, np.ones(len(rows))])
    plane, *_ = np.linalg.lstsq(places, rgb[ring].astype(float), rcond=None)
    down, right = np.mgrid[0:height, 0:width]
    surface: np.ndarray = np.stack([down / height, right / width, np.ones((height, width))], axis=-1) @ plane
    return surface
