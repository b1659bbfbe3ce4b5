"""One's own pictures become a dataset: choose where they are, see what would become of them, start."""

from __future__ import annotations

import streamlit as st


def bring_in() -> None:
    """Show the form, or how far it is."""
    st.subheader("Bring in your own pictures", anchor=False)
