"""What changes once an epoch: the coach, predictions for a few images, the table of epochs."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.progress import best_so_far
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.coach_view import coach_view
from pages.parts.watch.epochs import epoch_table
from pages.parts.watch.samples import show_samples


def beside(run: Run) -> None:
    """Show it, once there is a curve to speak of."""
    with errors_told():
        record, status, follower = run.record(), run.status(), cached.follower(run)
        history, steps = follower.history(), follower.steps()
        # Containers, so that what stands below keeps its place when something above comes or goes.
        with st.container():
            if not steps.empty or not history.empty:
                coach_view(run, record, history, steps, status)
        with st.container():
            show_samples(record, run.samples())
        if not history.empty:
            epoch_table(run, history, best_so_far(history, record.training))
