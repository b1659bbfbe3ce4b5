"""What ticks: how far the run is, its figures, its curves."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.runs.directory import Run
from cnn_core.runs.progress import best_so_far, measure_progress
from pages.parts import cached
from pages.parts.boundary import errors_told, tell_kept_error
from pages.parts.watch.after import after
from pages.parts.watch.controls import controls
from pages.parts.watch.curves import curves
from pages.parts.watch.headline import headline
from pages.parts.watch.numbers import numbers


@dataclass(frozen=True)
class Live:
    """What a page knows of the run that it shows, from one tick to the next.

    Attributes:
        was_active: Whether the run was active when the page was drawn: another page is drawn when that changes.
        charts: What the browser has of each chart.
    """

    run: Run
    was_active: bool
    charts: dict[str, FigureChanges]


def live(page: Live) -> None:
    """Draw it. The cost of a tick does not grow with the run: its files are read on, its charts sent as they grow."""
    with errors_told():
        run = page.run
        record, status = run.record(), run.status()
        if page.was_active != status.is_active:
            st.rerun()
        follower = cached.follower(run)
        steps, history, events = follower.steps(), follower.history(), follower.events()
        progress, best = measure_progress(status, steps, history), best_so_far(history, record.training)
        # A container, so that what stands below keeps its place, and its zoom, when the headline changes.
        with st.container():
            tell_kept_error()
            headline(run, status, progress, events)
            if status.is_active:
                controls(run, status, progress)
            else:
                after(run, record, status, history)
        numbers(record, status, progress, best, steps, history)
        if steps.empty and history.empty:
            st.caption("The curves appear here with the first steps.")
        else:
            curves(run, record, best, steps, history, events, page.charts)
