"""What a run that has ended can do next: be evaluated, classify, go on, train more epochs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.config import TrainingConfig, limits
from cnn_core.runs.continuing import Proposal, propose_more, resumes_at
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import extend_run, resume_run
from cnn_core.runs.record import RunRecord, RunStatus
from pages.parts.boundary import errors_kept


def after(run: Run, record: RunRecord, status: RunStatus, history: pd.DataFrame) -> None:
    """Offer what this run can do."""
    place = resumes_at(run, status)
    with st.container(horizontal=True, vertical_alignment="center", key="watch-after"):
        if place is not None:
            _resume(run, place)
        if status.state in ("finished", "stopped") and run.has_checkpoint:
            proposal = propose_more(record.training, history)
            if proposal is not None:
                _more_epochs(run, proposal)
        if run.has_report:
            _link("evaluate.py", "Evaluate this run", "fact_check", run)
        if run.has_model:
            _link("classify.py", "Classify with it", "image_search", run)
        st.page_link("runs.py", label="Compare with other runs", icon=":material/stacked_line_chart:")


def _link(page: str, label: str, icon: str, run: Run) -> None:
    st.page_link(page, label=label, icon=f":material/{icon}:", query_params={"run": run.id})


def _resume(run: Run, place: tuple[int, int]) -> None:
    epoch, step = place
    is_start = place == (1, 0)
    within = f", after step {step}" if step else ""
    st.button(
        "Start from the beginning" if is_start else f"Resume at epoch {epoch}{within}",
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
    with errors_kept():
        resume_run(run)
        LocalLauncher().start(run)


def _more_epochs(run: Run, proposal: Proposal) -> None:
    low, high = limits(TrainingConfig, "learning_rate")
    with st.popover("Train more epochs", icon=":material/more_time:", key=f"more-open-{run.id}"):
        st.number_input(
            "More epochs",
            min_value=1,
            max_value=min(proposal.most_epochs, int(limits(TrainingConfig, "epochs")[1] or 1)),
            value=proposal.epochs,
            key=f"more-epochs-{run.id}",
        )
        st.number_input(
            "Learning rate",
            value=proposal.learning_rate,
            step=float(f"{proposal.learning_rate / 2:.1g}"),
            format="%g",
            help=f"Constant over these epochs. Proposed: {proposal.reason}. Greater than {low:g}, at most {high:g}.",
            key=f"more-rate-{run.id}",
        )
        st.caption("It goes on where it ended: the same weights, and the optimizer with all that it remembers.")
        st.button(
            "Train them",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_do_more_epochs,
            args=(run,),
            key=f"more-{run.id}",
        )


def _do_more_epochs(run: Run) -> None:
    with errors_kept():
        extend_run(run, st.session_state[f"more-epochs-{run.id}"], st.session_state[f"more-rate-{run.id}"])
        LocalLauncher().start(run)
