"""What changes once an epoch: predictions for a few images, the coach, the table of epochs."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.progress import best_so_far
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.watch.epochs import epoch_table
from pages.parts.watch.samples import show_samples


def beside(run: Run) -> None:
    """Show it, once there is an epoch to speak of."""
    with errors_told():
        record, history = run.record(), cached.follower(run).history()
        with st.container():
            show_samples(record, run.samples())
        if not history.empty:
            epoch_table(run, history, best_so_far(history, record.training))
