"""Questions that are asked before something is done to runs: deleting them, training further."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.runs.continuing import propose_more
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import delete_run, extend_run
from cnn_core.runs.store import RunSummary, find_run, summarise
from pages.parts.boundary import errors_told
from pages.parts.words import percent, plain

# The question that is open: what is asked, and of which runs (ids). It stays open when the page is drawn anew, as
# when another run ends meanwhile.
_OPEN = "open-question"


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


def open_question() -> None:
    """Show the question that was asked for, until it is answered. To be called once on a page, not in a fragment."""
    what, ids = st.session_state.get(_OPEN, (None, []))
    if what == "delete":
        _delete(ids)
    elif what == "extend":
        _extend(ids[0])


def _open(what: str, ids: list[str]) -> None:
    st.session_state[_OPEN] = (what, ids)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Delete?", on_dismiss=_close, icon=":material/delete:")
def _delete(ids: list[str]) -> None:
    with errors_told():
        rows = [summarise(find_run(run_id)) for run_id in ids]
        st.markdown("\n".join(f"- **{plain(row.title)}**{_result(row)}" for row in rows))
        st.markdown("Settings, curves, network, evaluation and notes are deleted. This cannot be undone.")
        with st.container(horizontal=True):
            if st.button("Delete", type="primary", icon=":material/delete:", key="delete-now"):
                for row in rows:
                    delete_run(find_run(row.id))
                _close()
                st.rerun()
            if st.button("Keep", key="delete-not"):
                _close()
                st.rerun()


def _result(row: RunSummary) -> str:
    return "" if row.test_accuracy is None else f", {percent(row.test_accuracy)} of the test images right"


@st.dialog("Train more epochs", on_dismiss=_close, icon=":material/more_time:")
def _extend(run_id: str) -> None:
    with errors_told():
        run = find_run(run_id)
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
        if st.button("Train", type="primary", icon=":material/play_arrow:", key="extend-now"):
            extend_run(run, int(epochs), float(rate))
            LocalLauncher().start(run)
            _close()
            st.rerun()
