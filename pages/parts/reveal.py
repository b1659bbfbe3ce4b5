"""Bringing a part of a page into sight: what a button sets up is often below the fold, or on another view."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.code_file import CodeFile, loader

_CODE = CodeFile(Path(__file__).with_name("reveal.js"))
_HOST = "cnn-lab-reveal"
# In the session: how often something was to be revealed, and the container's key the last time.
_COUNT, _TARGET = "revealed", "to-reveal"
# Clear of the header, which lies over the page.
_CSS = "<style>[class*='st-key-'] {{ scroll-margin-top: 4.25rem; }} .{host} {{ display: none; }}</style>"


def reveal(key: str) -> None:
    """Bring the container of that key into sight when the page is drawn next; for callbacks.

    Args:
        key: Of an ``st.container``, as it was given.
    """
    st.session_state[_TARGET] = key
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1


def revealer() -> None:
    """Do so. To be drawn once by a page that calls :func:`reveal`, behind all its parts."""
    st.html(_CSS.format(host=_HOST))
    key = st.session_state.get(_TARGET, "")
    data = {
        "code": _CODE.address,
        "selector": f".st-key-{key}" if key else "",
        "number": st.session_state.get(_COUNT),
    }
    _component()(key="revealer", data=data, height=1)


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_reveal", html=html, js=loader(_HOST), isolate_styles=False)
