"""The line in the sidebar that says what is training."""

from __future__ import annotations

import contextlib
from collections import Counter

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.jobs.job import Job
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
    """Show the run under way and how many wait, or the network that is taught, and keep it up to date."""
    with errors_told():
        is_active = bool(active_runs() or active_jobs(ADAPT))
        st.fragment(_line, run_every=_REFRESH_SECONDS if is_active else _IDLE_REFRESH_SECONDS)(is_active)


def _line(was_active: bool) -> None:
    with errors_told():
        active, jobs = active_runs(), active_jobs(ADAPT)
        if bool(active or jobs) != was_active:
            st.rerun()
        states = Counter(status.state for _, _, status in active)
        # What is taught has the turn of a run.
        if not states["running"] and (taught := _taught(jobs)) is not None:
            name, share = taught
            st.progress(share, text=f"Teaching **{name}** people's pictures{_more(states)}")
            return
        if not active:
            st.caption("Nothing is training.")
            return
        run, record, status = active[0]
        if status.state == "queued":
            st.caption(f"{len(active)} in the queue, starting.")
            return
        progress = measure_progress(status, cached.steps(run), cached.follower(run).history())
        states[status.state] -= 1
        doing = "Paused:" if status.state == "paused" else "Training"
        st.progress(progress.share, text=f"{doing} **{run_name(run, record)}**{_more(states)}")


def _taught(jobs: list[Job]) -> tuple[str, float] | None:
    """The first network that is taught people's pictures: its name as Markdown, and how far it is, in [0, 1]."""
    for job in jobs:
        # A run may be deleted meanwhile, with what it was to learn.
        with contextlib.suppress(RunError):
            run = find_run(job.job_request().key)
            return run_name(run, run.record()), job.status().share
    return None


def _more(states: Counter[str]) -> str:
    counts = ((states["running"], "more training"), (states["paused"], "paused"), (states["queued"], "waiting"))
    return "".join(f", {count} {what}" for count, what in counts if count)
