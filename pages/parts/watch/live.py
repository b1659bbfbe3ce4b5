"""How far the run is, or how it ended; its figures, its curves."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.runs.directory import Run
from cnn_core.runs.progress import Progress, best_so_far, measure_progress
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.summary import RunSummary
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.watch.after import after
from pages.parts.watch.controls import controls
from pages.parts.watch.curves import curves
from pages.parts.watch.headline import now, outcome
from pages.parts.watch.numbers import numbers

Charts = Mapping[str, FigureChanges]


def under_way(run: Run, charts: Charts) -> None:
    """Show an active run. To be run again and again; the whole page is, once the run has ended.

    What it costs does not grow with the run: its files are read on, its charts sent as they grow.

    Args:
        run: The run.
        charts: What the browser has of each chart.
    """
    with errors_told():
        record, status = run.record(), run.status()
        if not status.is_active:
            st.rerun()
        progress = _progress(run, status)
        # A container, so that what stands below keeps its place, and its zoom, when the headline changes.
        with st.container():
            now(run, status, progress, cached.follower(run).events())
            controls(run, status, progress)
        _figures(run, record, status, progress, charts)


def ended(run: Run, row: RunSummary, charts: Charts) -> None:
    """Show a run that has ended, and what can be done with it now.

    Args:
        run: The run.
        row: Its summary.
        charts: What the browser has of each chart.
    """
    record, status = run.record(), run.status()
    with st.container():
        outcome(run, status, cached.follower(run).events())
        after(run, row, status)
    _figures(run, record, status, _progress(run, status), charts)


def _progress(run: Run, status: RunStatus) -> Progress:
    follower = cached.follower(run)
    return measure_progress(status, follower.steps(), follower.history())


def _figures(run: Run, record: RunRecord, status: RunStatus, progress: Progress, charts: Charts) -> None:
    follower = cached.follower(run)
    steps, history = follower.steps(), follower.history()
    best = best_so_far(history, record.training)
    if steps.empty and history.empty:
        if status.is_active:
            st.caption("The curves appear here with the first steps.")
        return
    numbers(record, status, progress, best, steps, history)
    curves(run, record, best, steps, history, follower.events(), charts)
