"""A picture from the camera, and why there is none where the browser gives none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from cnn_core.images.decode import decode_picture
from pages.parts.classify.arrival import Arrival
from pages.parts.code_file import CodeFile, loader

_CODE = CodeFile(Path(__file__).with_name("camera.js"))
_HOST = "cnn-lab-camera"
_CSS = """
.cnn-lab-camera { color: var(--st-text-color); font-family: var(--st-font); font-size: .9rem; line-height: 1.45; }
.cnn-lab-camera p { margin: 0; padding: .75rem 1rem; border-radius: .5rem; border: 1px solid var(--st-border-color);
  background: var(--st-secondary-background-color); }
.cnn-lab-camera p:empty { display: none; }
"""


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}" role="status"></div>'
    return st.components.v2.component("cnn_lab_camera", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def camera() -> list[Arrival]:
    """Let a person take a picture; nothing before they did."""
    _component()(key="camera-state", data={"code": _CODE.address}, height="content")
    file = st.camera_input("Hold it before a plain background, the whole of it in the picture", key="camera", width=480)
    if file is None:
        return []
    name = "camera.jpg"
    return [Arrival(name, f"camera:{file.file_id}", partial(decode_picture, file.getvalue(), name))]
