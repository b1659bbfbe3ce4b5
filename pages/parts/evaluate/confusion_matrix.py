"""The confusion matrix that one can ask: by its cells, by boxes, by pairs. The choice lives in the address."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from cnn_core.evaluation.pairs import most_confused_pairs
from cnn_core.evaluation.report import Report
from cnn_core.figures.matrix_cells import Scale, confusion_cells
from pages.parts.evaluate.matrix_grid import matrix_grid
from pages.parts.words import plain

_TRUE, _PREDICTED = "true", "predicted"
_ANY = "any"

# Long names are told in full.
_CSS = """
<style>
[class*="st-key-pair-"] button { height: auto; min-height: 2.25rem; padding-block: .3rem; }
[class*="st-key-pair-"] button * { white-space: normal; overflow: visible; overflow-wrap: anywhere; }
</style>
"""

Cell = tuple[int | None, int | None]


def choose_cell(report: Report) -> Cell:
    """Show the matrix, and two boxes for those who prefer them.

    Returns:
        The chosen true and predicted class; ``None`` stands for any.
    """
    names = list(report.class_names)
    scale, errors_only = _choose_look()
    left, middle, right = st.columns([4, 4, 3], vertical_alignment="bottom")
    # Read before the table is drawn: it outlines the choice.
    true = left.selectbox("True class", [_ANY, *names], key=_TRUE, bind="query-params")
    predicted = middle.selectbox("Predicted class", [_ANY, *names], key=_PREDICTED, bind="query-params")
    right.button(
        "All errors", on_click=_choose, args=(names, None, None), width="stretch", disabled=true == predicted == _ANY
    )
    cell = (
        None if true == _ANY else names.index(true),
        None if predicted == _ANY else names.index(predicted),
    )
    matrix_grid(
        confusion_cells(report.matrix(), report.class_names, scale=scale, errors_only=errors_only),
        selected=cell,
        key="matrix",
        on_choose=lambda row, column: _choose(names, row, column),
        alt="Confusion matrix: rows are the true class, columns the predicted one. Arrow keys move, Enter chooses.",
    )
    return cell


def choose_pair(report: Report) -> None:
    """List the pairs of classes with the most errors; each direction is a button that chooses its cell."""
    names = list(report.class_names)
    pairs = most_confused_pairs(report.matrix())
    if not pairs:
        return
    st.subheader("Most confused pairs", anchor=False)
    st.html(_CSS)
    for pair in pairs:
        with st.container(horizontal=True, gap="small"):
            for true, predicted, count in (
                (pair.first, pair.second, pair.forth),
                (pair.second, pair.first, pair.back),
            ):
                st.button(
                    f"**{count:,}** {plain(names[true])} → {plain(names[predicted])}",
                    key=f"pair-{true}-{predicted}",
                    on_click=_choose,
                    args=(names, true, predicted),
                    width="stretch",
                    disabled=count == 0,
                )


def _choose_look() -> tuple[Scale, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale: Scale = st.segmented_control(
            "Cells show", get_args(Scale), default="counts", required=True, key="scale", bind="query-params"
        )
        errors_only = st.toggle(
            "Errors only",
            key="errors_only",
            bind="query-params",
            help="Right answers fade, and the errors use the whole range of colour.",
        )
    return scale, errors_only


def _choose(names: list[str], true: int | None, predicted: int | None) -> None:
    st.session_state[_TRUE] = _ANY if true is None else names[true]
    st.session_state[_PREDICTED] = _ANY if predicted is None else names[predicted]
