"""The view "Watch" of the Train page: a run while it trains, and after."""

from __future__ import annotations

import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import active_runs, find_run, list_runs, summarise
from pages.parts.choose_run import select_run
from pages.parts.watch.beside import beside
from pages.parts.watch.live import Live, live
from pages.parts.watch.look import apply_watch_look
from pages.parts.watch.manage import manage
from pages.parts.watch.settings import settings_line, show_settings

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
        return
    active = active_runs()
    run = find_run(select_run(rows, preferred=active[0][0].id if active else None))
    record, status = run.record(), run.status()
    apply_watch_look()
    settings_line(record, run.notes())
    manage(run, record, status)
    # Made anew with the page: what its browser has of the charts is known for as long as this page stands.
    charts = {name: FigureChanges() for name in ("loss", "accuracy", "learning rate")}
    st.fragment(live, run_every=_pace(status, _REFRESH_SECONDS))(Live(run, status.is_active, charts))
    st.fragment(beside, run_every=_pace(status, _SLOW_REFRESH_SECONDS))(run)
    show_settings(record)


def _pace(status: RunStatus, while_active: float) -> float | None:
    """Seconds between two looks at a run; ``None``: nothing changes by itself."""
    if status.is_active:
        return while_active
    return _LOST_REFRESH_SECONDS if status.is_lost else None


def _nothing_yet() -> None:
    with st.container(border=True):
        st.subheader("Nothing trained yet", anchor=False)
        st.markdown(
            "Choose what to train under **Set up** and press **Start training**: the curves of loss and accuracy "
            "appear here and move while the network learns. The training goes on when you leave this page, reload it "
            "or close the browser."
        )
