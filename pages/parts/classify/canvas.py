"""The drawing component without its own toolbar: the page has one set of controls, and these are always in sight."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import streamlit as st

_REGISTRY_LOG = logging.getLogger("streamlit.components.v2.component_registry")
_NAME = "streamlit-drawable-canvas.streamlit_drawable_canvas"
# Its toolbar appears under the pointer only, over what stands above the paper, and can do less than our buttons.
_CSS = """
.dc-toolbar { display: none !important; }
.dc-container { border-radius: .5rem; overflow: hidden; }
.dc-canvas { outline-width: 2px; outline-offset: -2px; border-radius: .5rem; }
.upper-canvas { touch-action: none; }
"""


@st.cache_resource(show_spinner=False)
def canvas_without_toolbar() -> Callable[..., object]:
    """``st_canvas`` of streamlit-drawable-canvas. To be called inside a running app: importing it registers it."""
    import streamlit_drawable_canvas as library

    (styles,) = (Path(library.__file__).parent / "frontend" / "build").glob("index-*.css")
    # The last registration of a name holds: this one is the library's own, but for the styles. Streamlit warns.
    _REGISTRY_LOG.disabled = True
    try:
        st.components.v2.component(
            _NAME, js="index-*.js", css=styles.read_text() + _CSS, html='<div class="canvas-root"></div>'
        )
    finally:
        _REGISTRY_LOG.disabled = False
    return library.st_canvas
