"""What the coach sees on a run's curve, each with a button that takes one change to the form of a new run."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.coach import Advice, advise
from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord, RunStatus
from pages.parts.boundary import errors_told
from pages.parts.draft import fill_form
from pages.parts.words import plain, run_title

_ICONS = {
    "problem": ":red[:material/error:]",
    "hint": ":orange[:material/lightbulb:]",
    "calm": ":green[:material/check_circle:]",
}


def coach_view(run: Run, record: RunRecord, history: pd.DataFrame, steps: pd.DataFrame, status: RunStatus) -> None:
    """Show one to three pieces of advice under a heading; nothing while there is none. May stand in a fragment.

    Args:
        run: Whose curve it is.
        record: Of this run.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
        steps: As :meth:`cnn_core.runs.directory.Run.steps`, thinned or not.
        status: Of this run.
    """
    with errors_told():
        found = advise(record, len(record.data.class_names), history, steps, status)
        # Before the first epoch silence says the same as "too early".
        told = [advice for advice in found if advice.tone != "calm" or not history.empty]
        if told:
            st.subheader("What the coach sees", anchor=False)
        for advice in told:
            _show(run, record, advice)


def _show(run: Run, record: RunRecord, advice: Advice) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"{_ICONS[advice.tone]} **{plain(advice.title)}**")
        st.markdown(plain(advice.seen))
        st.caption(plain(advice.why))
        if advice.config is None or advice.change_label is None:
            return
        is_taken = st.button(
            f"New run: {advice.change_label}",
            icon=":material/edit_note:",
            help="Puts the settings of this run, with this one change, into the form. Nothing starts yet.",
            # The advice of the next epoch must not get the click that was meant for this one.
            key=f"coach-{run.id}-{advice.title}-{advice.change_label}",
        )
        if is_taken:
            note = f"The settings of {plain(run_title(record))}, with one change: **{plain(advice.change_label)}**."
            fill_form(advice.config, note)
            st.rerun()
