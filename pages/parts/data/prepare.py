"""To be written."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard


def prepare(card: DatasetCard) -> None:
    """Show it."""
    st.caption(card.title)
