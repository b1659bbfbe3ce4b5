"""The line in the sidebar that says what is training."""

from __future__ import annotations

import contextlib
from collections import Counter

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.jobs.store import active_jobs
from cnn_core.runs.progress import measure_progress
from cnn_core.runs.store import active_runs, find_run
from cnn_core.training.adapting import ADAPT
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
            _teaching()
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


def _teaching() -> None:
    """Where no run trains, a network may be learning people's pictures."""
    # A run may be deleted meanwhile, with what it was to learn.
    with contextlib.suppress(RunError):
        for job in active_jobs(ADAPT):
            run = find_run(job.job_request().key)
            name = run_name(run, run.record())
            st.progress(job.status().share, text=f"Teaching **{name}** people's pictures")
            return
    st.caption("Nothing is training.")
