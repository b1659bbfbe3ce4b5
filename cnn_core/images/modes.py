"""Pillow's pixel modes → 8-bit RGB and alpha, and the rotation that a camera wrote beside the pixels."""

import struct

import numpy as np
from PIL import Image, TiffImagePlugin

_ORIENTATION_TAG = 0x0112
_BAND_PIXELS = 1 << 20
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF orientation asks; without one, the picture itself."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        orientation = image.tag_v2.get(_ORIENTATION_TAG, 1)
    else:
        orientation = exif_orientation(image.info.get("exif", b""))
    method = _TRANSPOSE.get(orientation)
    return image if method is None else image.transpose(method)


def exif_orientation(exif: bytes) -> int:
    """The orientation (1 to 8) that an EXIF block names, 1 when it names none or is damaged.

    Read by hand, because Pillow's reader parses every tag and warns, through Python's process-wide filters,
    of any that is damaged: common in photos that went through editors, and of no concern here.
    """
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", block, entry)
            if tag == _ORIENTATION_TAG:
                return int(value)
    except struct.error:
        pass
    return 1


def to_rgb_and_alpha(image: Image.Image, factor: int = 1) -> tuple[np.ndarray, np.ndarray | None]:
    """Convert a loaded picture of any mode to 8 bits.

    Args:
        image: A picture of any of Pillow's modes.
        factor: Scale down by this whole number, averaging.

    Returns:
        rgb (H, W, 3) uint8 and alpha (H, W) uint8, or None where the mode knows no transparency.
    """
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(deep_grey_to_bytes(np.asarray(image), is_16_bit=image.mode.startswith("I;16")))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if factor > 1:
        image = image.reduce(factor)
    pixels = np.array(image)
    return np.ascontiguousarray(pixels[..., :3]), (pixels[..., 3].copy() if mode == "RGBA" else None)


def deep_grey_to_bytes(grey: np.ndarray, is_16_bit: bool) -> np.ndarray:
    """Scale grey values of more than 8 bits to 0…255, where Pillow would clip them to white.

    Modes I and F carry no range of their own. Values that fit one of the usual ranges (0…1 for fractions,
    0…255, 0…65535) are scaled by it; any others are stretched from their smallest to their largest.

    Args:
        grey: (H, W), any integer or floating type; what is not finite counts as 0.
        is_16_bit: The file says that white is 65535.

    Returns:
        (H, W) uint8.
    """
    # In bands: as 32-bit fractions the largest picture takes 200 MB, several times.
    step = max(1, _BAND_PIXELS // grey.shape[1])
    bands = [slice(row, row + step) for row in range(0, grey.shape[0], step)]
    low = min(float(_finite(grey[band]).min()) for band in bands)
    high = max(float(_finite(grey[band]).max()) for band in bands)
    if is_16_bit or (low >= 0 and 255 < high <= 65535):
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 1 and np.issubdtype(grey.dtype, np.floating):
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    result = np.empty(grey.shape, np.uint8)
    for band in bands:
        scaled = (_finite(grey[band]) - low) * (255.0 / max(high - low, 1e-12))
        result[band] = np.rint(scaled).clip(0, 255)
    return result


def _finite(grey: np.ndarray) -> np.ndarray:
    return np.nan_to_num(grey.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
