"""Why the network answered as it did for one picture: where it looked, which training images are nearest."""

from __future__ import annotations

import streamlit as st

from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run


def show_why(answer: Answer, run: Run) -> None:
    """Show, on demand, what in the picture spoke for the answer, and the training images nearest to it."""
    if not st.toggle("Why this answer?", key="why", persist_state="session"):
        return
