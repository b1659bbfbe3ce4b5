"""Evaluate a run anew, where its evaluation is missing, damaged, or lacks what an older version did not keep."""

from __future__ import annotations

import functools

import streamlit as st

from cnn_core.inference.loaded import freeze_objects
from cnn_core.runs.directory import Run
from cnn_core.training.evaluating import renew_evaluation, why_not_evaluated_anew
from pages.parts.boundary import errors_told
from pages.parts.words import plain


def offer_evaluation(run: Run, why: str, *, key: str, is_urgent: bool = True) -> None:
    """Say what is missing, and offer to ask the saved network again where that is possible.

    Args:
        run: The run.
        why: What is missing, as plain text.
        key: Of the button, distinct from others on the page.
        is_urgent: Whether the page has little to show without it.
    """
    if why_not := why_not_evaluated_anew(run):
        st.warning(plain(f"{why} {why_not}"), icon=":material/warning:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-row"):
        if is_urgent:
            st.warning(plain(why), icon=":material/warning:", width="stretch")
        else:
            st.caption(plain(why), width="content")
        is_asked = st.button(
            "Evaluate it now",
            key=key,
            icon=":material/refresh:",
            type="primary" if is_urgent else "secondary",
            help="Asks the saved network for all test and validation images again. Takes some seconds.",
        )
    if is_asked:
        with errors_told(), st.spinner("Asking the network for its test and validation images…"):
            renew_evaluation(run)
            _freeze_once()
            st.rerun()


def what_can_be_done(run: Run) -> str:
    """What somebody can do where :func:`offer_evaluation` stands above, or why it offers nothing; Markdown."""
    if why_not := why_not_evaluated_anew(run):
        return plain(why_not)
    return f"Evaluate it anew: above, or with `python -m cnn_core evaluate {run.id} --renew`"


@functools.cache
def _freeze_once() -> None:
    # TensorFlow may have come with the first evaluation. What a later one leaves behind is garbage.
    freeze_objects()
