"""The ways in which a picture comes to the Classify page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnn_core.images.decode import Picture, decode_picture, picture_from_array
from cnn_core.images.formats import READ

PAPER_SIDE = 280
_PAPER, _INK = "#FFFFFF", "#111111"


@dataclass(frozen=True)
class Arrival:
    """A picture that came in. ``key`` identifies its content; ``read`` raises a PictureError where it is broken."""

    name: str
    key: str
    read: Callable[[], Picture]


def drop() -> list[Arrival]:
    """Pictures dropped, or chosen from a folder."""
    files = st.file_uploader(
        "Drop photos, product pictures or drawings here",
        accept_multiple_files=True,
        key="files",
        help=f"{READ} files.",
    )
    return [
        Arrival(file.name, file.file_id, lambda file=file: decode_picture(file.getvalue(), file.name)) for file in files
    ]


def draw() -> list[Arrival]:
    """A picture drawn on the canvas; nothing while it is empty."""
    # Its component can only be registered inside a running app.
    from streamlit_drawable_canvas import st_canvas

    width = st.slider("Brush", 4, 40, 14, key="brush", persist_state="session", width=PAPER_SIDE)
    st.caption("The buttons above the paper undo and clear.")
    # The canvas hangs its buttons over whatever stands above it.
    st.space("small")
    result = st_canvas(
        stroke_width=width,
        stroke_color=_INK,
        background_color=_PAPER,
        height=PAPER_SIDE,
        width=PAPER_SIDE,
        drawing_mode="freedraw",
        return_image_data=True,
        key="canvas",
    )
    if not result.json_data or not result.json_data.get("objects"):
        return []
    pixels = result.image_data
    key = hashlib.sha256(pixels.tobytes()).hexdigest()
    return [Arrival("your drawing", key, lambda: picture_from_array(pixels, "your drawing"))]
