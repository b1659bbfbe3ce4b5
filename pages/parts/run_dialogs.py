"""Questions that are asked before something is done to runs: deleting them, training further."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from cnn_core.errors import CnnLabError, RunError
from cnn_core.runs.continuing import propose_more
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import delete_run, extend_run
from cnn_core.runs.store import find_run, list_runs
from cnn_core.runs.summary import RunSummary, summarise
from pages.parts.boundary import errors_told
from pages.parts.choose_run import forget_run
from pages.parts.watch.pictures import facts_of
from pages.parts.words import percent, plain

_OPEN = "open-question"
_PAGE = "page-of-questions"


@dataclass
class _Question:
    """A question that is open. It stays open when the page is drawn anew, as when another run ends meanwhile.

    Attributes:
        ids: Of the runs that it is about.
        failures: Why some of them could not be deleted.
    """

    what: Literal["delete", "extend"]
    ids: list[str]
    failures: list[str] = field(default_factory=list)


def ask_to_delete(rows: Sequence[RunSummary]) -> None:
    """Offer to delete some runs.

    Args:
        rows: At least one.
    """
    is_active = any(row.is_active for row in rows)
    st.button(
        "Delete…",
        icon=":material/delete:",
        disabled=is_active,
        help="Stop them first: a run that trains or waits is not deleted." if is_active else None,
        on_click=_open,
        args=("delete", [row.id for row in rows]),
        key=f"delete-{'-'.join(row.id for row in rows)}",
    )


def ask_to_extend(run: Run, row: RunSummary) -> None:
    """Offer to train a run for some more epochs; nothing where it cannot be.

    Args:
        run: The run.
        row: Its summary.
    """
    if row.state not in ("finished", "stopped"):
        return
    st.button(
        "Train more epochs…",
        icon=":material/more_time:",
        disabled=not row.has_checkpoint,
        help=None if row.has_checkpoint else "It has no checkpoint to go on from. Clone it instead.",
        on_click=_open,
        args=("extend", [run.id]),
        key=f"extend-{run.id}",
    )


def leave_questions_behind(page: str) -> None:
    """Drop the open question where another page is shown than the one on which it was asked.

    Args:
        page: The page that is shown now.
    """
    if st.session_state.get(_PAGE) != page:
        _close()
    st.session_state[_PAGE] = page


def open_question(shown: Sequence[str]) -> None:
    """Show the question that was asked for, until it is answered. To be called once on a page, not in a fragment.

    Args:
        shown: The runs that the page is about, by id. A question about others is dropped.
    """
    question: _Question | None = st.session_state.get(_OPEN)
    if question is None:
        return
    there = {run.id for run in list_runs()}
    # Runs that are gone are on no page; what became of them is said in the question.
    if not there.intersection(question.ids) <= set(shown):
        _close()
    elif question.what == "delete":
        _delete(question)
    else:
        _extend(question)


def _open(what: Literal["delete", "extend"], ids: list[str]) -> None:
    st.session_state[_OPEN] = _Question(what, ids)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _is_answered(question: _Question) -> bool:
    return st.session_state.get(_OPEN) is not question


@st.dialog("Delete?", on_dismiss=_close, icon=":material/delete:")
def _delete(question: _Question) -> None:
    if _is_answered(question):
        st.rerun()
    with errors_told():
        for failure in question.failures:
            st.error(plain(failure), icon=":material/error:")
        rows = _still_there(question)
        if not rows:
            st.button("Close", on_click=_close, key="delete-close")
            return
        st.markdown("\n".join(f"- **{plain(row.title)}**{_result(row)}" for row in rows))
        st.markdown("Settings, curves, network, evaluation, notes and feedback are deleted. This cannot be undone.")
        with st.container(horizontal=True):
            st.button(
                "Delete",
                type="primary",
                icon=":material/delete:",
                on_click=_do_delete,
                args=(question, [row.id for row in rows]),
                key="delete-now",
            )
            st.button("Keep", on_click=_close, key="delete-not")


def _still_there(question: _Question) -> list[RunSummary]:
    """The runs that are asked about, without those that somebody else has deleted meanwhile; these are named."""
    there = {run.id: run for run in list_runs()}
    gone = [run_id for run_id in question.ids if run_id not in there]
    if gone:
        st.info(_of_gone(gone), icon=":material/delete_forever:")
    return [summarise(there[run_id]) for run_id in question.ids if run_id in there]


def _of_gone(ids: list[str]) -> str:
    names = ", ".join(f"**{plain(run_id)}**" for run_id in ids)
    are, them = ("is", "it") if len(ids) == 1 else ("are", "them")
    return f"{names} {are} no longer there: somebody else deleted or moved {them}."


def _do_delete(question: _Question, ids: list[str]) -> None:
    """Delete what can be deleted. The question stays open where a run could not be."""
    question.failures, left = [], []
    for run_id in ids:
        try:
            delete_run(find_run(run_id))
        except CnnLabError as error:
            if run_id in [run.id for run in list_runs()]:
                question.failures.append(str(error))
                left.append(run_id)
                continue
        forget_run(run_id)
    question.ids = left
    if not left:
        _close()


def _result(row: RunSummary) -> str:
    return "" if row.test_accuracy is None else f", {percent(row.test_accuracy)} of the test images right"


@st.dialog("Train more epochs", on_dismiss=_close, icon=":material/more_time:")
def _extend(question: _Question) -> None:
    if _is_answered(question):
        st.rerun()
    with errors_told():
        if not _still_there(question):
            st.button("Close", on_click=_close, key="extend-close")
            return
        run = find_run(question.ids[0])
        proposal = propose_more(run.record().training, run.history())
        if proposal is None:
            st.info("It has as many epochs as a run can have. Clone it, and change the new run.")
            return
        epochs = st.number_input(
            "Epochs", value=proposal.epochs, step=1, help=f"1 to {proposal.most_epochs}", key="extend-epochs"
        )
        rate = st.number_input(
            "Learning rate",
            value=proposal.learning_rate,
            step=proposal.learning_rate / 10,
            format="%.5g",
            help=f"Constant; proposed: {proposal.reason}. Weights and optimizer go on as they were.",
            key="extend-rate",
        )
        st.caption("The network and its evaluation stay until there are new ones.")
        # What is damaged is told on Watch.
        with contextlib.suppress(RunError):
            if facts_of(run) is not None:
                st.caption("What it was taught of people's pictures fits the network of now: teach it again then.")
        if st.button("Train", type="primary", icon=":material/play_arrow:", key="extend-now"):
            extend_run(run, int(epochs), float(rate))
            LocalLauncher().start(run)
            _close()
            st.rerun()
