"""The difference of two confusion matrices, whose cells can be chosen."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.disagreements import cell_change, cell_change_in_words
from cnn_core.evaluation.measures import confusion_matrix
from cnn_core.evaluation.predictions import Predictions
from cnn_core.figures.matrix_cells import shown_classes
from cnn_core.figures.matrix_difference import difference_cells
from pages.parts.evaluate.cell import NO_CELL, Cell, cell_asked, write_cell
from pages.parts.evaluate.disagreements import SIDES
from pages.parts.evaluate.matrix_grid import matrix_grid
from pages.parts.words import plain


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
    cell = cell_asked(class_names)
    of_a, of_b = (confusion_matrix(side.labels, side.predicted, len(class_names)) for side in (a, b))
    shown = shown_classes(of_b - of_a, [label for label in cell if label is not None])
    if len(shown) < len(class_names):
        st.caption(f"Of {len(class_names):,} classes, these are the {len(shown)} between which most has changed.")
    matrix_grid(
        difference_cells(of_a, of_b, class_names, labels=shown),
        selected=cell,
        key=f"changed-{'-'.join(pair)}",
        # The images of a cell are all that the two answer differently.
        on_choose=lambda chosen: write_cell(class_names, chosen, **{SIDES: None}),
        alt="Confusion matrix of B less that of A: rows are the true class, columns the predicted one.",
    )
    if cell == NO_CELL:
        st.caption("Blue: B is better there; orange: worse. Choose a cell to see its images.")
    else:
        words, clear = st.columns([4, 1], vertical_alignment="center")
        words.caption(plain(cell_change_in_words(cell_change(a, b, *cell), cell, class_names)))
        clear.button("All cells", on_click=write_cell, args=(class_names, NO_CELL), width="stretch")
    return cell
