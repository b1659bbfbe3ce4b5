"""Which picture formats are read, and the names of those that are not."""

from collections.abc import Callable
from typing import Any

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

READ = "PNG, JPEG, WebP, AVIF, GIF, BMP and TIFF"

# Pillow opens some forty formats; these seven are what people bring. The classes are called directly because
# Image.open warns of large pictures through Python's process-wide warning filters: our own size check comes
# first and speaks to the person instead.
_Opener = Callable[..., ImageFile.ImageFile]
_OPENERS: tuple[tuple[int, tuple[bytes, ...], _Opener], ...] = (
    (0, (b"\x89PNG\r\n\x1a\n",), PngImagePlugin.PngImageFile),
    (0, (b"\xff\xd8\xff",), JpegImagePlugin.JpegImageFile),
    (0, (b"GIF87a", b"GIF89a"), GifImagePlugin.GifImageFile),
    (0, (b"BM",), BmpImagePlugin.BmpImageFile),
    (0, (b"II*\0", b"MM\0*"), TiffImagePlugin.TiffImageFile),
    (8, (b"WEBPVP8",), WebPImagePlugin.WebPImageFile),
    (4, (b"ftypavif", b"ftypavis"), AvifImagePlugin.AvifImageFile),
)

_FOREIGN: tuple[tuple[int, tuple[bytes, ...], str], ...] = (
    (4, (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypheim", b"ftypmif1", b"ftypmsf1"), "a HEIC photo"),
    (4, (b"ftyp",), "a video"),
    (0, (b"%PDF",), "a PDF document"),
    (0, (b"PK\x03\x04",), "a ZIP archive or an Office document"),
    (0, (b"\x1f\x8b",), "a gzip archive"),
    (0, (b"8BPS",), "a Photoshop file"),
    (0, (b"\0\0\1\0",), "an icon file"),
    (0, (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"), "a JPEG 2000 picture"),
    (0, (b"\xff\x0a", b"\x00\x00\x00\x0cJXL "), "a JPEG XL picture"),
    (0, (b"\x1aE\xdf\xa3",), "a video"),
    (0, (b"%!PS",), "a PostScript file"),
    (0, (b"\x93NUMPY",), "a NumPy array"),
)


def opener_of(data: bytes) -> Callable[[Any, str], ImageFile.ImageFile] | None:
    """The Pillow class that opens a file's first bytes, or None when its format is not read."""
    for offset, beginnings, opener in _OPENERS:
        if data.startswith(beginnings, offset):
            return opener
    return None


def describe(data: bytes) -> str:
    """What a file that is not read seems to be, in words for a sentence: ``a PDF document``."""
    for offset, beginnings, words in _FOREIGN:
        if data.startswith(beginnings, offset):
            return words
    start = data[:1024]
    if b"<svg" in start.lower():
        return "an SVG drawing"
    if b"<html" in start.lower():
        return "a web page"
    if start and all(byte >= 32 or byte in b"\t\r\n\f" for byte in start):
        return "a text file"
    return "not a picture"
