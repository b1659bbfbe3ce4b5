"""What a run that has ended can do next: go on, be evaluated, classify, be looked into, be compared."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunStatus
from cnn_core.runs.summary import RunSummary
from pages.parts.learn.views import NETWORK
from pages.parts.run_again import offer_resume
from pages.parts.run_dialogs import ask_to_extend


def after(run: Run, row: RunSummary, status: RunStatus) -> None:
    """Offer it. Not in a fragment: the questions that it opens belong to the page."""
    with st.container(horizontal=True, vertical_alignment="center", key="watch-after"):
        offer_resume(run, status, is_primary=True)
        ask_to_extend(run, row)
        if run.has_report:
            _link("evaluate.py", "Evaluate", "fact_check", run)
        if run.has_model:
            _link("classify.py", "Classify", "image_search", run)
            _link("learn.py", "Look inside", "network_node", run, show=NETWORK)
        st.page_link("runs.py", label="Compare with other runs", icon=":material/stacked_line_chart:")


def _link(page: str, label: str, icon: str, run: Run, **asked: str) -> None:
    st.page_link(page, label=label, icon=f":material/{icon}:", query_params={"run": run.id, **asked})
