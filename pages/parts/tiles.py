"""Images as a grid of buttons: each opens what lies behind it, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from pages.parts.code_file import CodeFile, loader
from pages.parts.gallery import Tile, thumbnail

_CODE = CodeFile(Path(__file__).with_name("tiles.js"))
_CSS = Path(__file__).with_name("tiles.css").read_text()
_HOST = "cnn-lab-tiles"


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}" role="group"></div>'
    return st.components.v2.component("cnn_lab_tiles", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def clickable_gallery(
    tiles: Sequence[Tile], *, key: str, on_open: Callable[[int], None], label: str = "Images"
) -> None:
    """Show tiles in a grid that fits the window; each is a button.

    Args:
        tiles: Each with an ``id`` of its own.
        key: Unique on the page.
        on_open: Called with the id of the tile that was chosen, once, as a callback before the page runs again.
        label: What the images are, for those who do not see them.
    """

    def take_over() -> None:
        # Of these images alone: anything may come from a browser.
        if (chosen := st.session_state[key].get("open")) in [tile.id for tile in tiles]:
            on_open(int(chosen))

    data = {"code": _CODE.address, "label": label, "tiles": [_described(tile) for tile in tiles]}
    _component()(key=key, data=data, height="content", on_open_change=take_over)


def _described(tile: Tile) -> dict[str, object]:
    return {
        "id": tile.id,
        "title": tile.title,
        "lines": tile.lines,
        "words": tile.words,
        "image": None if tile.image is None else thumbnail(tile.image),
    }
