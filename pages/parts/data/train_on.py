"""From a dataset to the form that trains on it."""

from __future__ import annotations

import streamlit as st

from cnn_core.models.presets import preset_names
from pages.parts.boundary import errors_told
from pages.parts.draft import start_from


def train_on(name: str, *, key: str = "train-on") -> None:
    """Offer to train on a dataset: the form opens with it and the recommended network."""
    if st.button("Train on it", icon=":material/play_circle:", key=key):
        with errors_told():
            start_from(name, preset_names()[0])
            st.switch_page("train.py", query_params={"view": "setup"})
