"""Which classes a network knows: all of a few, some of many."""

from __future__ import annotations

import streamlit as st

from pages.parts.words import plain

# More would push what the page is for out of sight.
_MOST, _FIRST = 40, 12
# In pixels.
_HEIGHT = 220


def show_known_classes(names: tuple[str, ...]) -> None:
    """Say what a network can answer."""
    if len(names) <= _MOST:
        st.caption(f"This network knows {len(names)} classes: {plain(', '.join(names))}.")
        return
    st.caption(
        f"This network knows {len(names):,} classes: {plain(', '.join(names[:_FIRST]))} and "
        f"{len(names) - _FIRST:,} more."
    )
    with st.expander(f"All {len(names):,} classes", icon=":material/list:"), st.container(height=_HEIGHT, border=False):
        st.caption(plain(", ".join(names)))
