"""Images made small: as numbers to compare them by, and as thumbnails beside each other in one picture."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn_core.images.shrink import shrunk

# Values of an image that is compared: the coarse shape and colours decide, and the figures stay quick.
_MOST_VALUES = 28 * 28
# The side of a thumbnail in a sheet, in pixels.
_THUMBNAIL = 48
# A sheet of so many values is exact; a larger one is a tenth as large where it need not be.
_MOST_EXACT_BYTES = 5 << 19


@dataclass(frozen=True, eq=False)
class Sheet:
    """Thumbnails in one picture: the first at the top left, row by row.

    Attributes:
        data: The file.
        kind: Of file, ``png`` or ``webp``.
        columns: Thumbnails in a row.
        width: Of a thumbnail, in pixels.
        height: Of a thumbnail, in pixels.
    """

    data: bytes
    kind: str
    columns: int
    width: int
    height: int


def vectors_of(images: np.ndarray) -> np.ndarray:
    """Images as rows of numbers, made smaller by averaging where they have more than 784 values.

    Args:
        images: (N, H, W, C) uint8.

    Returns:
        (N, D) float32 in [0, 1].
    """
    _, height, width, channels = images.shape
    scale = min(1.0, math.sqrt(_MOST_VALUES / (height * width * channels)))
    small = shrunk(images, (max(1, int(height * scale)), max(1, int(width * scale))))
    return small.reshape(len(images), -1).astype(np.float32) / 255


def sheet_of(images: np.ndarray) -> Sheet:
    """Put thumbnails of images beside each other.

    Args:
        images: (N, H, W, C) uint8, C 1 or 3; N at least 1.
    """
    scale = min(1.0, _THUMBNAIL / max(images.shape[1:3]))
    height, width = (max(1, round(side * scale)) for side in images.shape[1:3])
    small = shrunk(images, (height, width))
    columns = math.ceil(math.sqrt(len(small)))
    rows = math.ceil(len(small) / columns)
    sheet = np.zeros((rows * columns, *small.shape[1:]), np.uint8)
    sheet[: len(small)] = small
    channels = small.shape[3]
    joined = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    joined = joined.reshape(rows * height, columns * width, channels)
    picture = Image.fromarray(joined[..., 0] if channels == 1 else joined)
    kind = "png" if joined.nbytes <= _MOST_EXACT_BYTES else "webp"
    file = io.BytesIO()
    picture.save(file, kind, quality=85, method=0, compress_level=5)
    return Sheet(file.getvalue(), kind, columns, width, height)
