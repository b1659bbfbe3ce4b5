"""Previous and next among things of which one is open, by mouse or by the arrow keys."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def steps(place: int, count: int, open_place: Callable[[int], None]) -> None:
    """Say which one is open, and offer its neighbours.

    Args:
        place: Of the open one, from 0.
        count: How many there are.
        open_place: Opens the one at a place; a callback.
    """
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(f"{place + 1:,} of {count:,}", width="content")
        for label, neighbour, key in (("Previous", place - 1, "Left"), ("Next", place + 1, "Right")):
            is_there = 0 <= neighbour < count
            st.button(
                label,
                disabled=not is_there,
                on_click=open_place,
                args=(neighbour if is_there else place,),
                shortcut=key,
                key=f"image-{label}",
            )
