"""Images as a grid: crisp, with words for those who do not see them."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

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
    """One image of a gallery: pixels (H, W), (H, W, 1) or (H, W, 3) uint8; ``None`` where they are not here."""

    image: np.ndarray | None
    title: str
    lines: tuple[str, ...]


def gallery(tiles: Sequence[Tile]) -> None:
    """Show tiles in a grid that fits the window."""
    st.html(_CSS + f'<div class="cnn-lab-gallery">{"".join(map(_figure, tiles))}</div>')


def _figure(tile: Tile) -> str:
    title, lines = html.escape(tile.title), [html.escape(line) for line in tile.lines]
    picture = "" if tile.image is None else f'<img src="{data_uri(tile.image)}" alt="{title}: {", ".join(lines)}">'
    caption = "".join(f'<div class="muted">{line}</div>' for line in lines)
    return f"<figure>{picture}<figcaption><strong>{title}</strong>{caption}</figcaption></figure>"


def data_uri(image: np.ndarray) -> str:
    """An image as a PNG inside an address: (H, W), (H, W, 1) or (H, W, 3) uint8."""
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
