"""The place of a map that one looks at: ``?at=3.5`` is its third row and its fifth column."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import change, correct, parsed_whole_number, shortened
from pages.parts.learn.views import PLACE

Place = tuple[int, int]


def place_asked(rows: int, columns: int, *, default: Place, count: int | None = None) -> Place:
    """Which place is asked for, from 0; another one than a map of this size has is corrected.

    Args:
        rows: Of the map.
        columns: Of the map.
        default: Where none is asked for.
        count: How many places there are, where the last row is not full.
    """
    asked = st.query_params.get(PLACE)
    if asked is None:
        return default
    found = [parsed_whole_number(part) for part in asked.split(".")]
    match found:
        case [int(row), int(column)] if 1 <= row <= rows and 1 <= column <= columns:
            if count is None or (row - 1) * columns + column <= count:
                return row - 1, column - 1
    correct(PLACE, None, f"there is no place “{shortened(asked)}” in a map of {rows} rows and {columns} columns")
    return default


def look_at(place: Place) -> None:
    """Look at a place, counted from 0; for callbacks."""
    change({PLACE: f"{place[0] + 1}.{place[1] + 1}"})
