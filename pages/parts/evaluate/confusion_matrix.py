"""The confusion matrix that one can ask: by its cells, by boxes, by pairs."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from cnn_core.evaluation.pairs import most_confused_pairs
from cnn_core.evaluation.report import Report
from cnn_core.figures.matrix_cells import Scale, confusion_cells, shown_classes
from pages.parts.address import change, one_of
from pages.parts.evaluate.cell import NO_CELL, PREDICTED, TRUE, Cell, cell_asked, write_cell
from pages.parts.evaluate.matrix_grid import matrix_grid
from pages.parts.evaluate.subject import Subject
from pages.parts.words import plain

_SCALE, _ERRORS_ONLY = "scale", "errors_only"
_SCALES = get_args(Scale)
# Of the boxes: no label of a class.
_ANY = -1

# Long names are told in full.
_CSS = """
<style>
[class*="st-key-pair-"] button { height: auto; min-height: 2.25rem; padding-block: .3rem; }
[class*="st-key-pair-"] button * { white-space: normal; overflow: visible; overflow-wrap: anywhere; }
</style>
"""


def choose_cell(subject: Subject) -> Cell:
    """Show the matrix, and two boxes for those who prefer them.

    Returns:
        The chosen true and predicted class; ``None`` stands for any.
    """
    report, names = subject.report, subject.class_names
    cell = cell_asked(names)
    scale, errors_only = _choose_look()
    left, middle, right = st.columns([4, 4, 3], vertical_alignment="bottom")
    with left:
        _box("True class", TRUE, cell[0], names)
    with middle:
        _box("Predicted class", PREDICTED, cell[1], names)
    right.button("All errors", on_click=write_cell, args=(names, NO_CELL), width="stretch", disabled=cell == NO_CELL)
    matrix = report.matrix()
    shown = shown_classes(matrix, [label for label in cell if label is not None])
    if len(shown) < len(names):
        st.caption(
            f"Of {len(names):,} classes, the matrix has the {len(shown)} that are confused with each other most. Any "
            "other one joins them when it is chosen in the boxes."
        )
    matrix_grid(
        confusion_cells(matrix, names, scale=scale, errors_only=errors_only, labels=shown),
        selected=cell,
        # A click that comes late, when another run is shown, is not for its matrix.
        key=f"matrix-{subject.run.id}",
        on_choose=lambda chosen: write_cell(names, chosen),
        alt="Confusion matrix: rows are the true class, columns the predicted one. Arrow keys move, Enter chooses.",
    )
    return cell


def _box(words: str, parameter: str, label: int | None, names: tuple[str, ...]) -> None:
    st.session_state[parameter] = _ANY if label is None else label
    any_class = "any"
    while any_class in names:
        any_class += " class"
    st.selectbox(
        words,
        [_ANY, *range(len(names))],
        format_func=lambda label: any_class if label == _ANY else names[label],
        key=parameter,
        on_change=_take_over_boxes,
        args=(names,),
    )


def _take_over_boxes(names: tuple[str, ...]) -> None:
    true, predicted = (None if (label := st.session_state[key]) == _ANY else label for key in (TRUE, PREDICTED))
    write_cell(names, (true, predicted))


def choose_pair(report: Report) -> None:
    """List the pairs of classes with the most errors; each direction is a button that chooses its cell."""
    names = report.class_names
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
                    on_click=write_cell,
                    args=(names, (true, predicted)),
                    width="stretch",
                    disabled=count == 0,
                )


def _choose_look() -> tuple[Scale, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale: Scale = one_of(_SCALE, _SCALES, default="counts")
        st.session_state[_SCALE] = scale
        st.segmented_control("Cells show", _SCALES, required=True, key=_SCALE, on_change=_take_over_look)
        errors_only = one_of(_ERRORS_ONLY, ("true",), default="") == "true"
        st.session_state[_ERRORS_ONLY] = errors_only
        st.toggle(
            "Errors only",
            key=_ERRORS_ONLY,
            on_change=_take_over_look,
            help="Right answers fade, and the errors use the whole range of colour.",
        )
    return scale, errors_only


def _take_over_look() -> None:
    scale, errors_only = st.session_state[_SCALE], st.session_state[_ERRORS_ONLY]
    change({_SCALE: None if scale == _SCALES[0] else scale, _ERRORS_ONLY: "true" if errors_only else None})
