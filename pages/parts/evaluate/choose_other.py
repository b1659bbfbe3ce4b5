"""The choice of the run to compare with. It lives in the address (``?other=…``), as that of the page's own run does."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.comparable import Comparable, comparable_runs
from cnn_core.runs.directory import Run
from cnn_core.runs.store import find_run
from pages.parts.address import change, correct
from pages.parts.choose_run import run_label
from pages.parts.evaluate.views import open_run
from pages.parts.words import plain

_PARAMETER = "other"


def choose_other(run: Run) -> Run | None:
    """Let the user choose a run that was tested on the same images.

    Args:
        run: The page's own.

    Returns:
        The chosen one; ``None``, and a message, where there is none to choose.
    """
    others = comparable_runs(run)
    asked = st.query_params.get(_PARAMETER)
    if not others.rows:
        _tell_how_to_get_one(run, others)
        return None
    if asked in others.rows:
        st.session_state[_PARAMETER] = asked
    elif st.session_state.get(_PARAMETER) not in others.rows:
        st.session_state[_PARAMETER] = next(iter(others.rows))
    if asked and asked not in others.rows:
        why = f"is {others.left_out[asked]}" if asked in others.left_out else "is not here"
        st.warning(
            f"The run to compare with in the address {plain(why)}. Another one is shown; choose below.",
            icon=":material/link_off:",
        )
    box, swap = st.columns([5, 1], vertical_alignment="bottom")
    chosen: str = box.selectbox(
        "B, the run to compare with",
        list(others.rows),
        format_func=lambda run_id: run_label(others.rows[run_id]),
        key=_PARAMETER,
        on_change=_write_to_address,
        persist_state="session",
        help="A is the run that this page is about. Only runs that were tested on the same images are offered.",
    )
    swap.button(
        "Swap A and B",
        icon=":material/swap_horiz:",
        on_click=open_run,
        args=(chosen,),
        kwargs={"has_same_classes": True, _PARAMETER: run.id},
        width="stretch",
    )
    if reasons := others.reasons():
        st.caption(f"Runs not offered: {plain(reasons)}.")
    if asked != chosen:
        correct(_PARAMETER, chosen)
    return find_run(chosen)


def _write_to_address() -> None:
    change({_PARAMETER: st.session_state[_PARAMETER], "page": None})


def _tell_how_to_get_one(run: Run, others: Comparable) -> None:
    reasons = others.reasons()
    st.info(
        f"There is no other run that was tested on the images of this one ({plain(run.record().data.title)}). Train a "
        "second one on the same dataset, with another network, other settings or another seed, and compare them here."
        + (f" Here, but not to be compared: {plain(reasons)}." if reasons else ""),
        icon=":material/compare_arrows:",
    )
    st.page_link("train.py", label="Train another run", icon=":material/play_circle:")
