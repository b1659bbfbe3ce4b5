"""One map in large, and beside it the picture with what a number of the map sees of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from cnn_core.figures.colours import TRAINING, VALIDATION
from cnn_core.learn.receptive import receptive_field
from cnn_core.learn.stations import Station
from pages.parts.code_file import CodeFile, loader
from pages.parts.gallery import data_uri
from pages.parts.learn.network.walked import Subject, spans_of
from pages.parts.learn.place import Place

_LEARN = Path(__file__).parents[1]
_CODE = CodeFile(_LEARN / "board_sheet.js", _LEARN / "board_chooser.js", Path(__file__).with_name("lens.js"))
_CSS = (_LEARN / "board.css").read_text() + Path(__file__).with_name("lens.css").read_text()
_HOST = "cnn-lab-lens"
# Of significant digits: more than is shown.
_DIGITS = 5


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="cnn-lab-board {_HOST}"></div>'
    return st.components.v2.component("cnn_lab_lens", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def sheet_shape(station: Station) -> tuple[int, int]:
    """Rows and columns of what is shown of a station: a map, or its row of numbers, broken into lines."""
    if station.has_maps:
        return station.shape[0], station.shape[1]
    count = station.shape[0]
    columns = count if count <= 12 else int(np.ceil(np.sqrt(2 * count)))
    return -(-count // columns), columns


def place_of(station: Station, at: Place, number: int) -> tuple[int, ...]:
    """The place in the station's output that a place of the sheet stands for: (row, column, channel), or (unit,)."""
    if station.has_maps:
        return at[0], at[1], number
    return (min(at[0] * sheet_shape(station)[1] + at[1], station.shape[0] - 1),)


def lens(
    subject: Subject,
    station: Station,
    values: np.ndarray,
    title: str,
    *,
    number: int,
    at: Place,
    limit: float,
    names: Sequence[str],
    on_choose: Callable[[Place], None],
) -> None:
    """Show a map, or a row of numbers, and what of the picture each number is made of.

    Args:
        subject: The network and the picture.
        station: Whose map it is.
        values: (height, width), or (numbers,) of a station without maps.
        title: Of the map.
        number: Of its channel, from 0.
        at: The place that is chosen, as the sheet has it.
        limit: The number that has the strongest colour.
        names: Of the numbers, where they have some, as the classes' logits have.
        on_choose: Called with a place of the sheet that is chosen, once, as a callback before the page runs again.
    """
    rows, columns = sheet_shape(station)

    def take_over() -> None:
        match st.session_state["network-lens"].get("choose"):
            case [int(row), int(column)] if row in range(rows) and column in range(columns):
                on_choose((row, column))

    field = receptive_field(subject.stations, station.name, place_of(station, at, number))
    is_signed = bool((values < 0).any())
    data = {
        "code": _CODE.address,
        "alt": f"{title}, {columns} by {rows}. The arrow keys move over its numbers, Enter chooses one.",
        "picture": {
            "image": data_uri(subject.image),
            "rows": subject.image.shape[0],
            "columns": subject.image.shape[1],
        },
        "map": {
            "title": title,
            "rows": rows,
            "columns": columns,
            "values": [float(f"{value:.{_DIGITS}g}") for value in values.ravel().tolist()],
            "isSigned": is_signed,
            "isRow": not station.has_maps,
            "low": 0,
            "limit": limit,
        },
        "fields": _fields(subject, station),
        "field": [field.top, field.bottom, field.left, field.right],
        "colours": {"positive": TRAINING, "negative": VALIDATION},
        "at": list(at),
        "names": list(names),
    }
    _component()(key="network-lens", data=data, height="content", on_choose_change=take_over)


def _fields(subject: Subject, station: Station) -> dict[str, list[list[int]]] | None:
    if not station.has_maps:
        return None
    spans = spans_of(subject, station)
    return {"rows": spans.rows.tolist(), "columns": spans.columns.tolist()}
