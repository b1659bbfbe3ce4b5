"""What a run that has ended can do next: go on, train more epochs, be evaluated, classify, be compared."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.continuing import resumes_at
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import resume_run
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import RunSummary
from pages.parts.boundary import errors_toasted
from pages.parts.run_dialogs import ask_to_extend


def after(run: Run, row: RunSummary, status: RunStatus) -> None:
    """Offer it. Not in a fragment: the questions that it opens belong to the page."""
    with st.container(horizontal=True, vertical_alignment="center", key="watch-after"):
        place = resumes_at(run, status)
        if place is not None:
            _resume(run, place, status.epochs)
        ask_to_extend(run, row)
        if run.has_report:
            _link("evaluate.py", "Evaluate", "fact_check", run)
        if run.has_model:
            _link("classify.py", "Classify", "image_search", run)
        st.page_link("runs.py", label="Compare with other runs", icon=":material/stacked_line_chart:")


def _link(page: str, label: str, icon: str, run: Run) -> None:
    st.page_link(page, label=label, icon=f":material/{icon}:", query_params={"run": run.id})


def _resume(run: Run, place: tuple[int, int], epochs: int) -> None:
    epoch, step = place
    is_start = place == (1, 0)
    if is_start:
        label = "Start from the beginning"
    elif epoch > epochs:
        label = "Resume at the evaluation"
    else:
        label = f"Resume at epoch {epoch}" + (f", step {step}" if step else "")
    st.button(
        label,
        type="primary",
        icon=":material/play_arrow:",
        on_click=_do_resume,
        args=(run,),
        help="There is no checkpoint to go on from: it trains again with the same settings."
        if is_start
        else "Goes on from its last checkpoint: weights, optimizer, schedule and the order of the images.",
        key=f"resume-{run.id}",
    )


def _do_resume(run: Run) -> None:
    with errors_toasted():
        resume_run(run)
        LocalLauncher().start(run)
