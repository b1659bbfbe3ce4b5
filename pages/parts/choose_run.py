"""The choice of a run. It lives in the address (``?run=…``), so a link or a reload opens the page on the same run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.store import SHOWCASE, find_run, list_runs, showcase
from cnn_core.runs.summary import RunSummary, summarise
from pages.parts.words import moment, percent

_PARAMETER = "run"


def choose_run(
    need: Literal["report", "model"],
    *,
    preferred: str | None = None,
    on_choose: Callable[[str], None] | None = None,
) -> Run:
    """Let the user choose a run that has what the page needs, the newest first; the showcase is always there.

    Args:
        need: What the page is about: the network, or the evaluation. A run that ended with a network and without an
            evaluation is there too, since it can be evaluated; an evaluated one is proposed first.
        preferred: The run to start with where nothing names one; ``None``: the newest.
        on_choose: Called with the id of another run when the user chooses it, and writes it into the address; without
            it, nothing else in the address depends on the run.
    """
    runs = [run for run in [*list_runs(), showcase()] if run.has_model or (need == "report" and run.has_report)]
    rows = {row.id: row for row in map(summarise, runs) if row.state != "damaged"}
    if need == "report":
        rows = {key: row for key, row in rows.items() if row.test_accuracy is not None or not row.is_active}
        preferred = preferred or next((key for key, row in rows.items() if row.test_accuracy is not None), None)
    missing = f"has no {'evaluation' if need == 'report' else 'network'} yet"
    return find_run(select_run(rows, missing=missing, preferred=preferred, on_choose=on_choose))


def select_run(
    rows: dict[str, RunSummary],
    *,
    missing: str = "cannot be shown",
    preferred: str | None = None,
    on_choose: Callable[[str], None] | None = None,
) -> str:
    """A box to choose among runs, by id, in step with the address.

    Args:
        rows: The runs to choose from, by id; at least one.
        missing: What is said of a run that is there but not among these.
        preferred: The run to start with where neither the address nor the session names one; the first otherwise.
        on_choose: As for :func:`choose_run`.

    Returns:
        The id of the chosen run.
    """
    asked = st.query_params.get(_PARAMETER)
    if asked in rows:
        st.session_state[_PARAMETER] = asked
    elif st.session_state.get(_PARAMETER) not in rows:
        st.session_state[_PARAMETER] = preferred if preferred in rows else next(iter(rows))
    if asked and asked not in rows:
        is_there = asked in [run.id for run in list_runs()]
        reason = f"The run in the address {missing if is_there else 'is not here'}."
        st.warning(f"{reason} Another one is shown; choose below.", icon=":material/link_off:")
    chosen: str = st.selectbox(
        "Run",
        list(rows),
        format_func=lambda run_id: run_label(rows[run_id]),
        key=_PARAMETER,
        on_change=_choose,
        args=(tuple(rows), st.session_state[_PARAMETER], on_choose),
        persist_state="session",
        help="The newest first.",
    )
    if asked != chosen:
        _write_to_address()
    return chosen


def _choose(ids: tuple[str, ...], shown: str, on_choose: Callable[[str], None] | None) -> None:
    """Take up what the browser says was chosen, where another one was shown."""
    chosen = st.session_state[_PARAMETER]
    if chosen not in ids:
        # The browser sends labels. One that has changed, as when a run ends, comes as it is; its end names a run.
        chosen = next((run_id for run_id in ids if chosen.endswith(_ending(run_id))), shown)
        st.session_state[_PARAMETER] = chosen
    if chosen == shown:
        return
    if on_choose:
        on_choose(chosen)
    else:
        _write_to_address()


def forget_run(run_id: str) -> None:
    """Ask for a run no longer, in the address and in the session: it was deleted. To be called in a callback."""
    if st.query_params.get(_PARAMETER) == run_id:
        del st.query_params[_PARAMETER]
    if st.session_state.get(_PARAMETER) == run_id:
        del st.session_state[_PARAMETER]


# By hand: Streamlit's own bind="query-params" would put the label into the address, not the id.
def _write_to_address() -> None:
    st.query_params[_PARAMETER] = st.session_state[_PARAMETER]


def run_label(row: RunSummary) -> str:
    """A run in a few words. Distinct for distinct runs: the browser sends the label back, not the id."""
    if row.id == SHOWCASE:
        return f"Showcase: the network that ships with CNN Lab · {percent(row.test_accuracy)}"
    if row.preset is None:
        return f"{row.id} · {row.state}"
    # The list is drawn seldom and a state changes often: what is true now stands below it.
    state = "in progress" if row.is_active else row.state
    result = percent(row.test_accuracy) if row.test_accuracy is not None else state
    also = f" · {state}" if row.state == "stopped" and row.test_accuracy is not None else ""
    name = f"{row.name} · " if row.name else ""
    return f"{name}{row.preset} on {row.dataset} · {moment(row.created or 0)} · {result}{also}{_ending(row.id)}"


def _ending(run_id: str) -> str:
    return f" · {run_id[-4:]}"
