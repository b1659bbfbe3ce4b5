"""Pictures for the API's benchmark: such as people bring, and such as nobody can read. The same every time."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image, ImageDraw

Named = tuple[str, bytes]


def good_pictures() -> list[Named]:
    """Photos of several sizes and formats, drawings in both polarities, images of the dataset's size."""
    found = []
    for seed in range(6):
        found.append((f"photo-{seed}.jpg", encoded(photo(seed, 320), "JPEG", quality=85)))
        found.append((f"drawing-{seed}.png", encoded(drawing(seed, is_dark=bool(seed % 2)), "PNG")))
        small = drawing(seed, is_dark=True).convert("L").resize((28, 28), Image.Resampling.BOX)
        found.append((f"small-{seed}.png", encoded(small, "PNG")))
    for seed, kind in enumerate(("WEBP", "BMP", "GIF", "TIFF", "PNG")):
        found.append((f"photo.{kind.lower()}", encoded(photo(20 + seed, 240), kind)))
    found.append(("cmyk.jpg", encoded(photo(30, 200).convert("CMYK"), "JPEG")))
    found.append(("large.jpg", encoded(photo(31, 320).resize((4000, 3000)), "JPEG", quality=85)))
    found.append(("see-through.png", encoded(see_through(), "PNG")))
    return found


def broken_pictures() -> list[Named]:
    """What gets a sentence in place of an answer."""
    jpeg = encoded(photo(0, 320), "JPEG")
    return [
        ("empty.png", b""),
        ("half.jpg", jpeg[: len(jpeg) // 2]),
        ("head.png", b"\x89PNG\r\n\x1a\n"),
        ("notes.txt", b"words, no picture"),
        ("vector.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'),
        ("paper.pdf", b"%PDF-1.7\n1 0 obj\n"),
        ("phone.heic", b"\x00\x00\x00\x18ftypheic" + bytes(64)),
        ("archive.zip", b"PK\x03\x04" + bytes(64)),
        ("white.png", encoded(Image.new("RGB", (40, 40), "white"), "PNG")),
        ("black.png", encoded(Image.new("L", (280, 280)), "PNG")),
        ("huge.png", huge_png(20_000, 10_000)),
        ("noise.bin", np.random.default_rng(0).bytes(20_000)),
    ]


def photo(seed: int, side: int) -> Image.Image:
    """A garment of one colour before something blotchy, as a phone sees it."""
    random = np.random.default_rng(seed)
    backdrop = cv2.resize(random.integers(90, 220, (6, 5, 3), np.uint8), (side * 3 // 4, side))
    image = Image.fromarray(np.clip(backdrop + random.normal(0, 6, backdrop.shape), 0, 255).astype(np.uint8))
    garment(ImageDraw.Draw(image), image.size, tuple(random.integers(0, 255, 3).tolist()), None)
    return image


def drawing(seed: int, *, is_dark: bool) -> Image.Image:
    """The outline of a garment on a canvas."""
    paper, ink = ("black", "white") if is_dark else ("white", "black")
    image = Image.new("RGB", (280, 280), paper)
    garment(ImageDraw.Draw(image), image.size, None, ink, shift=seed * 3)
    return image


def see_through() -> Image.Image:
    """A shirt before nothing."""
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    garment(ImageDraw.Draw(image), image.size, (180, 30, 60, 255), None)
    return image


def garment(draw: ImageDraw.ImageDraw, size: tuple[int, int], fill: object, ink: str | None, shift: int = 0) -> None:
    """Draw something like a T-shirt, in shares of the picture's size."""
    corners = [(0.3, 0.2), (0.7, 0.2), (0.9, 0.4), (0.8, 0.5), (0.7, 0.4), (0.7, 0.85), (0.3, 0.85), (0.3, 0.4)]
    corners += [(0.2, 0.5), (0.1, 0.4)]
    points = [(x * size[0], y * size[1] + shift) for x, y in corners]
    if fill is not None:
        draw.polygon(points, fill=fill)
    else:
        draw.line([*points, points[0]], fill=ink, width=10, joint="curve")


def huge_png(width: int, height: int) -> bytes:
    """The beginning of a PNG of many megapixels, in a few bytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + bytes(200)


def encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
