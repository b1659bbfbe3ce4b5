"""Pictures from the clipboard: Ctrl+V anywhere on the page, or a button. They go the way of dropped files."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.code_file import CodeFile, loader

_CODE = CodeFile(Path(__file__).with_name("paste.js"))
_HOST = "cnn-lab-paste"
_CSS = """
.cnn-lab-paste { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; padding: 3px;
  color: var(--st-text-color); font-family: var(--st-font); font-size: .875rem; }
.cnn-lab-paste button { all: unset; box-sizing: border-box; cursor: pointer; padding: .3rem .75rem;
  border-radius: .5rem; border: 1px solid var(--st-border-color); background: var(--st-background-color); }
.cnn-lab-paste button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.cnn-lab-paste button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.cnn-lab-paste span { opacity: .8; }
"""


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_paste", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def paste_button(uploader: str) -> None:
    """Show the button; what is pasted becomes files of a file uploader.

    Args:
        uploader: The uploader's key.
    """
    _component()(key="paste", data={"code": _CODE.address, "uploader": uploader}, height="content")
