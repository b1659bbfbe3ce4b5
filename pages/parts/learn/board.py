"""Two maps and the window between them, linked in the browser: where one points, the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from cnn_core.figures.colours import TRAINING, VALIDATION
from cnn_core.learn.numbers import fine
from cnn_core.learn.window import Sliding
from pages.parts.code_file import CodeFile, loader
from pages.parts.learn.place import Place

_PARTS = ("board_sheet.js", "board_chooser.js", "board_numbers.js", "board.js")
_CODE = CodeFile(*(Path(__file__).with_name(name) for name in _PARTS))
_CSS = Path(__file__).with_name("board.css").read_text()
_HOST = "cnn-lab-board"
# More than a number on the page shows, and exact enough to compute the products of a window with.
_DIGITS = 5

Kind = Literal["convolution", "activation", "max", "average", "flatten"]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A map as it is shown.

    Attributes:
        title: Above it.
        values: (rows, columns) float.
        is_signed: Whether it has two colours, for what is above and below 0; else it is grey, 0 is black.
        limit: What has the strongest colour, or is white; ``None``: its own largest number.
    """

    title: str
    values: np.ndarray
    is_signed: bool
    limit: float | None = None

    @property
    def strongest(self) -> float:
        """The number farthest from 0."""
        return float(np.abs(self.values).max())


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}"></div>'
    return st.components.v2.component("cnn_lab_board", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def board(
    kind: Kind,
    before: Sheet,
    after: Sheet,
    sliding: Sliding,
    *,
    place: Place,
    key: str,
    on_choose: Callable[[Place], None],
    weights: np.ndarray | None = None,
    on_edit: Callable[[str], None] | None = None,
) -> None:
    """Show a map, the window on it, and the map that comes of it.

    Args:
        kind: What is done to the window.
        before: The map that the window slides over.
        after: What comes of it; of a ``flatten`` a single row.
        sliding: How it slides.
        place: Of the result, from 0, that is looked at.
        key: Unique on the page.
        on_choose: Called with a place of the result that is chosen, once, as a callback before the page runs again.
            What no browser of ours sends is passed over.
        weights: The kernel, where there is one.
        on_edit: Called with the numbers that are typed into the kernel, as text; ``None``: it cannot be changed.
    """
    rows, columns = after.values.shape

    def take_over() -> None:
        match st.session_state[key].get("choose"):
            case [int(row), int(column)] if row in range(rows) and column in range(columns):
                on_choose((row, column))

    def take_over_numbers() -> None:
        text = st.session_state[key].get("edit")
        if on_edit is not None and isinstance(text, str):
            on_edit(text)

    data = {
        "code": _CODE.address,
        "kind": kind,
        "alt": f"{after.title}, {columns} by {rows}. The arrow keys move the window, Enter chooses a place.",
        "before": _described(before),
        "after": _described(after),
        "window": sliding.side,
        "stride": sliding.stride,
        "pads": (sliding.top, sliding.bottom, sliding.left, sliding.right),
        "kernel": None if weights is None else _kernel(weights, is_editable=on_edit is not None),
        "colours": {"positive": TRAINING, "negative": VALIDATION},
        "at": list(place),
    }
    _component()(key=key, data=data, height="content", on_choose_change=take_over, on_edit_change=take_over_numbers)


def _described(sheet: Sheet) -> dict[str, Any]:
    rows, columns = sheet.values.shape
    limit = sheet.limit if sheet.limit is not None else sheet.strongest if sheet.is_signed else max(1, sheet.strongest)
    return {
        "title": sheet.title,
        "rows": rows,
        "columns": columns,
        "values": np.round(sheet.values, _DIGITS).ravel().tolist(),
        "isSigned": sheet.is_signed,
        "low": 0,
        "limit": limit,
    }


def _kernel(weights: np.ndarray, *, is_editable: bool) -> dict[str, Any]:
    values = weights.ravel().tolist()
    return {
        "weights": values,
        "texts": [fine(value) for value in values],
        "isEditable": is_editable,
    }
