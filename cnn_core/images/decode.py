"""Files and arrays → pictures in 8-bit colour, safely: the size is checked before a pixel is decoded."""

import io
import stat
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ImageFile

from cnn_core.errors import PictureError
from cnn_core.images.formats import READ, describe, opener_of
from cnn_core.images.modes import to_rgb_and_alpha, upright

MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_BYTES = 64 * 2**20

# A file of 50 megapixels takes up to 0.8 GB while it is decoded, whatever it takes on the disk. Larger ones than this
# wait for each other, however many sessions and clients bring them.
LARGE_PIXELS = 16_000_000
_one_large_at_a_time = threading.Lock()

# Nothing that comes later looks at more than a few hundred pixels: larger pictures are halved while they are
# read, which makes a 12-megapixel photo quick and keeps a session's memory small.
KEPT_SIDE = 1024


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright.

    Attributes:
        name: What the person calls it: a file name or "drawing". Every message names it.
        rgb: (H, W, 3) uint8. Files of at least twice ``KEPT_SIDE`` are scaled down by a whole number.
        alpha: (H, W) uint8, 0 where nothing was drawn, or None when every pixel is opaque.
        size: Width and height in pixels, upright, before anything was scaled down.
    """

    name: str
    rgb: np.ndarray
    alpha: np.ndarray | None
    size: tuple[int, int]


def decode_picture(data: bytes, name: str) -> Picture:
    """Decode the bytes of a picture file; of an animation, its first frame.

    The content decides the format, not the ending of the name. Rotation by EXIF is applied, 16-bit grey is
    scaled to 8 bits, palettes and CMYK become RGB.

    Raises:
        PictureError: The bytes are empty, of a format that is not read, damaged, or too large to be read.
    """
    name = printable(name)
    if not data:
        raise PictureError(f"'{name}' is empty (0 bytes). Save the picture again, or choose another file.")
    _check_bytes(len(data), name)
    opener = opener_of(data)
    if opener is None:
        raise PictureError(
            f"'{name}' is {describe(data)}, which cannot be read as a picture. "
            f"Pictures are read from {READ} files: save it as one of these."
        )
    try:
        with opener(io.BytesIO(data), name) as image:
            _check_size(image.width, image.height, name)
            is_large = image.width * image.height > LARGE_PIXELS
            with _one_large_at_a_time if is_large else nullcontext():
                rgb, alpha, size = _decode(image)
    except PictureError:
        raise
    # A damaged file raises whatever its decoder stumbles on: OSError, SyntaxError, struct.error, EOFError,
    # KeyError, zlib.error…; where warnings are errors also those. All of them mean the same to a person.
    except Exception as error:
        raise PictureError(
            f"'{name}' is damaged or incomplete: it begins like a picture, but {_reason(error)}. "
            "Download or save it again, or choose another file."
        ) from error
    return Picture(name, rgb, alpha, size)


def read_picture(path: Path) -> Picture:
    """Read a picture file, as ``decode_picture`` does; its name is the file's name.

    Raises:
        PictureError: As :func:`read_file`, or ``decode_picture`` refuses its content.
    """
    return decode_picture(read_file(path), path.name or str(path))


def read_file(path: Path) -> bytes:
    """The content of a file that a person named, of up to ``MAX_BYTES``.

    Raises:
        PictureError: There is no such file, it is none, is too large, or may not be read.
    """
    name = printable(path.name or str(path))
    try:
        status = path.stat()
        # A pipe or a device would be read for ever.
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise PictureError(f"'{name}' is {what}, expected a picture file. Name the pictures themselves.")
        _check_bytes(status.st_size, name)
        with path.open("rb") as file:
            # It may grow while it is read.
            data = file.read(MAX_BYTES + 1)
        _check_bytes(len(data), name)
        return data
    except FileNotFoundError as error:
        raise PictureError(f"'{name}' does not exist: there is no file {path}. Check its name.") from error
    except PermissionError as error:
        raise PictureError(f"'{name}' may not be read: change the permissions of {path}.") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"'{name}' could not be read: {_reason(error)}. Check its path and its disk.") from error


def picture_from_array(pixels: np.ndarray, name: str) -> Picture:
    """Make a picture of pixels that are already decoded: a canvas, a camera, an image of a dataset.

    Args:
        pixels: uint8, (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with alpha last. It is copied.
        name: What the person calls it.

    Raises:
        PictureError: The array has another shape or dtype, holds no pixel, or is too large.
    """
    name = printable(name)
    channels = {2: 1, 3: pixels.shape[-1] if pixels.ndim == 3 else 0}.get(pixels.ndim, 0)
    if pixels.dtype != np.uint8 or channels not in (1, 3, 4) or pixels.size == 0:
        raise PictureError(
            f"'{name}' is no picture: expected uint8 pixels of shape (height, width), (height, width, 3) or "
            f"(height, width, 4), got {pixels.dtype} of shape {pixels.shape}."
        )
    height, width = pixels.shape[:2]
    _check_size(width, height, name)
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[...] = pixels.reshape(height, width, channels)[..., :3]
    alpha = pixels[..., 3].copy() if channels == 4 and (pixels[..., 3] < 255).any() else None
    return Picture(name, rgb, alpha, (width, height))


def printable(name: str) -> str:
    """A name as one short line: names of uploads arrive unchanged and may hold anything."""
    line = "".join(letter if letter.isprintable() else "·" for letter in name)
    return line if len(line) <= 80 else f"{line[:40]}…{line[-30:]}"


def _decode(image: ImageFile.ImageFile) -> tuple[np.ndarray, np.ndarray | None, tuple[int, int]]:
    """The pixels of an opened file whose size has been checked: rgb, alpha or None; and that size, upright."""
    width, height = image.size
    # A JPEG can be decoded at a half, a quarter or an eighth for a fraction of the work.
    scale = KEPT_SIDE / max(image.size)
    image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    image.load()
    turned = upright(image)
    rgb, alpha = to_rgb_and_alpha(turned, factor=max(1, max(image.size) // KEPT_SIDE))
    if alpha is not None and (alpha == 255).all():
        alpha = None
    return rgb, alpha, (width, height) if turned.size == image.size else (height, width)


def too_large(size: int, name: str) -> str:
    """What is said of a file of so many bytes, more than ``MAX_BYTES``."""
    return (
        f"'{name}' is too large: {size / 2**20:,.0f} MB, files of up to {MAX_BYTES // 2**20} MB are read. "
        "Save it smaller, for example 1000 pixels wide."
    )


def _check_bytes(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise PictureError(too_large(size, name))


def _check_size(width: int, height: int, name: str) -> None:
    if width < 1 or height < 1:
        raise PictureError(f"'{name}' holds no pixel: its size is {width}×{height}. Choose another file.")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise PictureError(
            f"'{name}' is too large: it has {width}×{height} pixels ({width * height / 1e6:.0f} megapixels), "
            f"up to {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels a side are read. "
            "Scale it down, for example to 1000 pixels, and try again."
        )


def _reason(error: Exception) -> str:
    """What a decoder said, as the end of a sentence."""
    text = printable(str(error)).strip().rstrip(".")
    return f'reading it ended with "{text or type(error).__name__}"'
