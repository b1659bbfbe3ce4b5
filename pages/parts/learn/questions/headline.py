"""The line above a question that says where one is, and takes the focus when that changes."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.code_file import CodeFile, loader

_CODE = CodeFile(Path(__file__).with_name("headline.js"))
_HOST = "cnn-lab-headline"
# The page's header lies over what is scrolled to.
_CSS = """
.cnn-lab-headline { color: var(--st-text-color); font-family: var(--st-font); margin: 3px; padding-inline: .2rem;
  width: fit-content; border-radius: .25rem; scroll-margin-top: 5rem; outline: none; }
.cnn-lab-headline:focus-visible { outline: 3px solid var(--st-primary-color); }
"""


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<p class="{_HOST}" tabindex="-1"></p>'
    return st.components.v2.component("cnn_lab_headline", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def headline(words: str, *, key: str) -> None:
    """Show the line.

    Args:
        words: What it says; with other ones it takes the focus.
        key: Unique on the page. With another one it is a new line, which leaves the focus where it is.
    """
    _component()(key=key, data={"code": _CODE.address, "words": words}, height="content")
