"""Images as a grid: crisp, with words for those who do not see them."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from PIL import Image

# The side of a thumbnail, in pixels: sharp on a screen of two pixels a point.
_THUMBNAIL = 224

_CSS = """
<style>
.cnn-lab-gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: .75rem; }
.cnn-lab-gallery figure { margin: 0; padding: .5rem; border-radius: .5rem;
  border: 1px solid rgba(128, 128, 148, .35); background: rgba(128, 128, 148, .08); }
.cnn-lab-gallery img { width: 100%; image-rendering: pixelated; border-radius: .25rem; display: block; }
.cnn-lab-gallery figcaption { font-size: .8rem; line-height: 1.35; margin-top: .4rem; overflow-wrap: anywhere; }
.cnn-lab-gallery .muted { opacity: .8; }
</style>
"""


@dataclass(frozen=True)
class Tile:
    """One image of a gallery.

    Attributes:
        image: Pixels (H, W), (H, W, 1) or (H, W, 3) uint8; ``None`` where they are not here.
        title, lines: What stands below it.
        id: What a clickable gallery calls it; distinct there.
        alt: Said to those who do not see it; the title and the lines where it is empty.
    """

    image: np.ndarray | None
    title: str
    lines: tuple[str, ...]
    id: int = -1
    alt: str = ""

    @property
    def words(self) -> str:
        """What is said to those who do not see the image."""
        return self.alt or f"{self.title}: {', '.join(self.lines)}"


def gallery(tiles: Sequence[Tile]) -> None:
    """Show tiles in a grid that fits the window."""
    st.html(_CSS + f'<div class="cnn-lab-gallery">{"".join(map(_figure, tiles))}</div>')


def _figure(tile: Tile) -> str:
    title, lines = html.escape(tile.title), [html.escape(line) for line in tile.lines]
    picture = "" if tile.image is None else f'<img src="{data_uri(tile.image)}" alt="{html.escape(tile.words)}">'
    caption = "".join(f'<div class="muted">{line}</div>' for line in lines)
    return f"<figure>{picture}<figcaption><strong>{title}</strong>{caption}</figcaption></figure>"


def data_uri(image: np.ndarray, kind: Literal["png", "webp"] = "png") -> str:
    """An image inside an address, as a PNG or, for large smooth ones a tenth of that, as a WebP.

    Args:
        image: (H, W), (H, W, 1) or (H, W, 3) uint8.
        kind: Of file; a WebP is not exact.
    """
    return _inside_an_address(_picture(image), kind)


def thumbnail(image: np.ndarray) -> str:
    """An image inside an address, as small as a gallery needs it: small ones as they are, others shrunk.

    Args:
        image: (H, W), (H, W, 1) or (H, W, 3) uint8.
    """
    picture = _picture(image)
    if max(picture.size) <= _THUMBNAIL:
        return _inside_an_address(picture, "png")
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return _inside_an_address(picture, "webp")


def _picture(image: np.ndarray) -> Image.Image:
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    return Image.fromarray(np.ascontiguousarray(image))


def _inside_an_address(picture: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    # Of WebP the quickest way: a third of the time, for files a third larger. PNG knows no methods.
    picture.save(buffer, kind, method=0)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode()
