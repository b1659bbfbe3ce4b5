"""One test image: what the network saw in it, and what it learned from that looks like it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.evaluate.subject import Subject


def open_image(index: int, among: Sequence[int]) -> None:
    """Open a test image at the next run of the page; for callbacks.

    Args:
        index: Of the test image.
        among: The images that "previous" and "next" go through, in their order; ``index`` is one of them.
    """
    st.query_params["image"] = str(index)
    st.session_state["images"] = list(among)


def show_open_image(subject: Subject) -> None:
    """Show the image that is open, if any, over the page."""
