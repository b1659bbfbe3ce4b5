"""A map of images that one can walk about: the image under the pointer is shown, and a click opens it.

Plotly shows no images under the pointer, and three thousand of them on a chart not at all. This draws on a canvas, from
one picture with all thumbnails, which the browser fetches once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from pages.parts.code_file import CodeFile, loader
from pages.parts.data.map_sheet import SheetLink

_CODE = CodeFile(Path(__file__).with_name("map_chart.js"))
_CSS = Path(__file__).with_name("map_chart.css").read_text()
_HOST = "cnn-lab-map"


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_map", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def map_chart(
    drawing: dict[str, Any],
    ids: np.ndarray,
    sheet: SheetLink,
    *,
    shape: str,
    what: str,
    key: str,
    on_open: Callable[[int], None],
    alt: str,
) -> None:
    """Show a map.

    Args:
        drawing: As of :func:`cnn_core.figures.image_map.map_drawing`.
        ids: (n,) what each image is called.
        sheet: Their thumbnails, in the same order.
        shape: Names the arrangement of the points: another one is shown from its beginning, without a zoom.
        what: The images are, one by one, such as "training image".
        key: Unique on the page.
        on_open: Called with the id of the image that was chosen, once, as a callback before the page runs again.
        alt: What the map shows, for those who do not see it.
    """

    def take_over() -> None:
        # Of these images alone: anything may come from a browser.
        chosen = st.session_state[key].get("open")
        if isinstance(chosen, int) and chosen in ids:
            on_open(chosen)

    data = {
        **drawing,
        "code": _CODE.address,
        "ids": ids.tolist(),
        "sheet": {"address": sheet.address, "columns": sheet.columns, "width": sheet.width, "height": sheet.height},
        "shape": shape,
        "what": what,
        "alt": alt,
    }
    _component()(key=key, data=data, height="content", on_open_change=take_over)
