"""What can be done with the chosen runs: name them, open, clone, resume, train further, delete."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.runs.store import find_run
from cnn_core.runs.summary import RunSummary
from pages.parts.learn.views import NETWORK
from pages.parts.run_again import offer_clone, offer_resume
from pages.parts.run_dialogs import ask_to_delete, ask_to_extend
from pages.parts.run_notes import edit_notes
from pages.parts.words import plain


def run_actions(rows: Sequence[RunSummary]) -> None:
    """Offer what can be done with some runs, most of it with a single one.

    Args:
        rows: The chosen runs; at least one.
    """
    if len(rows) == 1:
        _single(rows[0])
    else:
        st.subheader(f"{len(rows)} runs", anchor=False)
        ask_to_delete(rows)


def _single(row: RunSummary) -> None:
    st.subheader(plain(row.title), anchor=False)
    if row.message:
        st.error(plain(row.message), icon=":material/error:")
    if row.state == "damaged":
        ask_to_delete([row])
        return
    run = find_run(row.id)
    st.caption(f"{row.network} on {row.dataset} · {row.state} · {run.id}")
    with st.container(horizontal=True, vertical_alignment="center"):
        here = {"run": run.id}
        st.page_link("train.py", label="Watch", icon=":material/monitoring:", query_params={**here, "view": "watch"})
        if run.has_report:
            st.page_link("evaluate.py", label="Evaluate", icon=":material/fact_check:", query_params=here)
        if run.has_model:
            st.page_link("classify.py", label="Classify", icon=":material/image_search:", query_params=here)
            inside = {**here, "show": NETWORK}
            st.page_link("learn.py", label="Look inside", icon=":material/network_node:", query_params=inside)
        offer_clone(run, run.record(), row.title)
        offer_resume(run, run.status())
        ask_to_extend(run, row)
        ask_to_delete([row])
    edit_notes(run, page="runs")
