"""The line in the sidebar that says what is training."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from cnn_core.runs.progress import measure_progress
from cnn_core.runs.store import active_runs
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.words import run_name

_REFRESH_SECONDS = 3.0
# Somebody else may start a run, in another tab or on the command line.
_IDLE_REFRESH_SECONDS = 10.0


def training_now() -> None:
    """Show the run under way and how many wait, and keep it up to date."""
    with errors_told():
        is_active = bool(active_runs())
        st.fragment(_line, run_every=_REFRESH_SECONDS if is_active else _IDLE_REFRESH_SECONDS)(is_active)


def _line(was_active: bool) -> None:
    with errors_told():
        active = active_runs()
        if bool(active) != was_active:
            st.rerun()
        if not active:
            st.caption("Nothing is training.")
            return
        run, record, status = active[0]
        if status.state == "queued":
            st.caption(f"{len(active)} in the queue, starting.")
            return
        progress = measure_progress(status, cached.steps(run), cached.follower(run).history())
        others = Counter(status.state for _, _, status in active[1:])
        counts = ((others["running"], "more training"), (others["paused"], "paused"), (others["queued"], "waiting"))
        more = "".join(f", {count} {what}" for count, what in counts if count)
        doing = "Paused:" if status.state == "paused" else "Training"
        st.progress(progress.share, text=f"{doing} **{run_name(run, record)}**{more}")
