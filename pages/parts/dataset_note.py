"""A word on a run's dataset where it is no longer what the run learned from."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.learned_from import why_not_its_dataset
from cnn_core.runs.record import RunRecord
from pages.parts.words import plain


def tell_of_dataset(record: RunRecord) -> None:
    """Say that a run's dataset was deleted or replaced; nothing where it is as the run knew it."""
    if why := why_not_its_dataset(record):
        st.caption(
            f":material/link_off: {plain(why)} Its figures and its network stay; its images cannot be shown, and it "
            "cannot be trained further."
        )
