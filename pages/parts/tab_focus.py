"""Tabs that keep the keyboard's focus while their page is drawn anew.

Streamlit (1.67) disables a tab from the moment when its row has come until its own message has; most often that is no
time at all. Chromium takes the focus from a tab that is disabled and gives it back to nobody, so the next arrow key
would be lost.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.code_file import CodeFile, loader

_CODE = CodeFile(Path(__file__).with_name("tab_focus.js"))
_HOST, _KEY = "cnn-lab-tab-focus", "tab-focus"
# Nothing to see, and no gap for it.
_CSS = f"<style>.st-key-{_KEY} {{ display: none; }}</style>"


def keep_tab_focus() -> None:
    """Give the focus back to a tab that loses it so. To be drawn once by a page, before its tabs."""
    st.html(_CSS)
    _component()(key=_KEY, data={"code": _CODE.address}, height=1)


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_tab_focus", html=html, js=loader(_HOST), isolate_styles=False)
