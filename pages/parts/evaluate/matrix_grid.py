"""A matrix of classes by classes as a table that can be asked, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.figures.colours import TRAINING, VALIDATION
from cnn_core.figures.matrix_cells import STRONGEST, MatrixCells
from pages.parts.code_file import CodeFile, loader
from pages.parts.evaluate.cell import Cell

_CODE = CodeFile(Path(__file__).with_name("matrix_grid.js"))
_CSS = Path(__file__).with_name("matrix_grid.css").read_text()
_HOST = "cnn-lab-matrix"


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_matrix", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def matrix_grid(
    cells: MatrixCells,
    *,
    selected: Cell,
    key: str,
    on_choose: Callable[[Cell], None],
    alt: str,
) -> None:
    """Show the cells as a table that fits its place, or scrolls in it.

    Args:
        cells: What to show.
        selected: What is outlined: a cell, a row, a column, or nothing. Its classes are among those of the cells.
        key: Unique on the page.
        on_choose: Called with the cell when it, or a header, is chosen, once, as a callback before the page runs again.
            What no browser of ours sends is passed over.
        alt: What the table is, for those who do not see it.
    """

    def take_over() -> None:
        match st.session_state[key].get("choose"):
            case [true, predicted] if all(
                place is None or place in range(len(cells.labels)) for place in (true, predicted)
            ):
                on_choose(tuple(None if place is None else cells.labels[place] for place in (true, predicted)))

    places = [None if label is None else cells.labels.index(label) for label in selected]
    data = {"code": _CODE.address, "alt": alt, "selected": places, **_compact(cells)}
    _component()(key=key, data=data, height="content", on_choose_change=take_over)


def _compact(cells: MatrixCells) -> dict[str, Any]:
    """The cells as the browser gets them: most cells of a large matrix say the same, so it is sent once."""
    return {
        "names": cells.names,
        "texts": _words(cells.texts),
        "notes": _words(cells.notes),
        "shades": np.rint(100 * cells.shades).astype(int).ravel().tolist(),
        "faint": np.flatnonzero(cells.faint).tolist(),
        "rowNotes": cells.row_notes,
        "columnNotes": cells.column_notes,
        "colours": (TRAINING, VALIDATION),
        "strongest": STRONGEST,
    }


def _words(words: np.ndarray) -> tuple[list[str], list[int]]:
    numbers: dict[str, int] = {}
    which = [numbers.setdefault(word, len(numbers)) for word in words.ravel().tolist()]
    return list(numbers), which
