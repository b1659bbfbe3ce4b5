"""The difference of two confusion matrices, whose cells can be chosen. The choice lives in the address."""

from __future__ import annotations

import re
from typing import TypeAlias

import streamlit as st

from cnn_core.evaluation.disagreements import cell_change, cell_change_in_words
from cnn_core.evaluation.measures import confusion_matrix
from cnn_core.evaluation.predictions import Predictions
from cnn_core.figures.matrix_difference import difference_cells
from pages.parts.evaluate.disagreements import show_all_disagreements
from pages.parts.evaluate.matrix_grid import matrix_grid
from pages.parts.words import plain

Cell: TypeAlias = tuple[int | None, int | None]

# Two labels: "6.0" is true class 6, predicted class 0; "6." its row, ".0" the column.
_PARAMETER = "changed"
_CELL = re.compile(r"([0-9]{0,4})\.([0-9]{0,4})", re.ASCII)


def choose_changed_cell(a: Predictions, b: Predictions, class_names: tuple[str, ...], pair: tuple[str, str]) -> Cell:
    """Show what B puts into each cell less what A does.

    Args:
        a: Answers of A.
        b: Answers of B for the same images.
        class_names: In the order of the labels.
        pair: The ids of the two runs.

    Returns:
        The chosen true and predicted class; ``None`` stands for any.
    """
    cell = _asked(len(class_names))
    of_a, of_b = (confusion_matrix(side.labels, side.predicted, len(class_names)) for side in (a, b))
    matrix_grid(
        difference_cells(of_a, of_b, class_names),
        selected=cell,
        key=f"changed-{'-'.join(pair)}",
        on_choose=_choose,
        alt="Confusion matrix of B less that of A: rows are the true class, columns the predicted one.",
    )
    if cell == (None, None):
        st.caption("Blue: B is better there; orange: worse. Choose a cell to see its images.")
    else:
        words, clear = st.columns([4, 1], vertical_alignment="center")
        words.caption(plain(cell_change_in_words(cell_change(a, b, *cell), cell, class_names)))
        clear.button("All cells", on_click=_choose, args=(None, None), width="stretch")
    return cell


def _asked(class_count: int) -> Cell:
    found = _CELL.fullmatch(st.query_params.get(_PARAMETER, ""))
    if not found:
        return None, None
    true, predicted = (int(digits) if digits else None for digits in found.groups())
    is_there = all(label is None or label < class_count for label in (true, predicted))
    return (true, predicted) if is_there else (None, None)


def _choose(true: int | None, predicted: int | None) -> None:
    if (true, predicted) == (None, None):
        st.query_params.pop(_PARAMETER, None)
        return
    st.query_params[_PARAMETER] = ".".join("" if label is None else str(label) for label in (true, predicted))
    show_all_disagreements()
