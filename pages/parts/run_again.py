"""What is offered for a run wherever it stands: go on with it, or take its settings to a new one."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.continuing import resumes_at
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import resume_run
from cnn_core.runs.record import RunRecord, RunStatus
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.draft import fill_form
from pages.parts.words import plain


def offer_resume(run: Run, status: RunStatus, *, is_primary: bool = False) -> None:
    """Offer to go on with a run that was stopped, failed or lost its worker; nothing for another one.

    Args:
        run: The run.
        status: Its status.
        is_primary: Whether it is what one most likely wants here.
    """
    place = resumes_at(run, status)
    if place is None:
        return
    epoch, step = place
    is_start = place == (1, 0)
    if is_start:
        label = "Start from the beginning"
    elif epoch > status.epochs:
        label = "Resume at the evaluation"
    else:
        label = f"Resume at epoch {epoch}" + (f", step {step}" if step else "")
    st.button(
        label,
        type="primary" if is_primary else "secondary",
        icon=":material/play_arrow:",
        on_click=_resume,
        args=(run,),
        help="There is no checkpoint to go on from: it trains again with the same settings."
        if is_start
        else "Goes on from its last checkpoint: weights, optimizer, schedule and the order of the images.",
        key=f"resume-{run.id}",
    )


def _resume(run: Run) -> None:
    with errors_toasted():
        resume_run(run)
        LocalLauncher().start(run)


def offer_clone(run: Run, record: RunRecord, title: str) -> None:
    """Offer to put a run's settings into the form of a new one, and show that."""
    is_pressed = st.button(
        "Clone",
        icon=":material/content_copy:",
        help="Its settings, in the form of a new run.",
        key=f"clone-{run.id}",
    )
    if is_pressed:
        with errors_told():
            fill_form(record, f"These are the settings of **{plain(title)}**.")
            st.switch_page("train.py")
