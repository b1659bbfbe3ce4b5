"""The view "Watch" of the Train page: a run while it trains, and after."""

from __future__ import annotations

import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.runs.directory import Run
from cnn_core.runs.store import active_runs, find_run, list_runs
from cnn_core.runs.summary import summarise
from pages.parts.boundary import errors_told
from pages.parts.choose_run import select_run
from pages.parts.dataset_note import tell_of_dataset
from pages.parts.run_dialogs import open_question
from pages.parts.watch.beside import beside
from pages.parts.watch.live import ended, under_way
from pages.parts.watch.look import apply_watch_look
from pages.parts.watch.manage import manage
from pages.parts.watch.pictures import show_pictures
from pages.parts.watch.settings import settings_line, show_code, show_settings

_REFRESH_SECONDS = 1.0
# What changes once an epoch is looked at less often.
_SLOW_REFRESH_SECONDS = 4.0
# A run whose worker fell silent may come back, as when a laptop wakes from sleep.
_LOST_REFRESH_SECONDS = 5.0


def watch_view() -> None:
    """Show the run under way, or the one chosen; it keeps itself up to date while the run is active."""
    rows = {row.id: row for row in map(summarise, list_runs())}
    if not rows:
        _nothing_yet()
        open_question([])
        return
    active = active_runs()
    run = find_run(select_run(rows, preferred=active[0][0].id if active else None))
    record, status = run.record(), run.status()
    apply_watch_look()
    # Its settings left, what can be done with it right; below each other where there is no room.
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        settings_line(record, run.notes())
        manage(run, record, rows[run.id])
    show_pictures(run)
    tell_of_dataset(record)
    # Made anew with the page: what its browser has of the charts is known for as long as this page stands.
    charts = {name: FigureChanges() for name in ("loss", "accuracy", "learning rate")}
    if status.is_active:
        st.fragment(under_way, run_every=_REFRESH_SECONDS)(run, charts)
    else:
        ended(run, rows[run.id], charts)
    st.fragment(beside, run_every=_SLOW_REFRESH_SECONDS if status.is_active else None)(run)
    show_settings(record, status)
    show_code(run, record)
    open_question([run.id])
    if status.is_lost:
        st.fragment(_wait_for_return, run_every=_LOST_REFRESH_SECONDS)(run)


def _wait_for_return(run: Run) -> None:
    with errors_told():
        if not run.status().is_lost:
            st.rerun()


def _nothing_yet() -> None:
    with st.container(border=True):
        st.subheader("Nothing trained yet", anchor=False)
        st.markdown(
            "Choose what to train under **Set up** and press **Start training**: the curves of loss and accuracy "
            "appear here and move while the network learns. The training goes on when you leave this page, reload it "
            "or close the browser."
        )
