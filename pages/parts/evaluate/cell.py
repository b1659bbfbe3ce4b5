"""The chosen cell of a confusion matrix. It lives in the address, by names: ``?true=Shirt&predicted=Coat``."""

from __future__ import annotations

from typing import TypeAlias

import streamlit as st

from pages.parts.address import Values, change, correct, shortened

# True and predicted class; ``None`` stands for any.
Cell: TypeAlias = tuple[int | None, int | None]
NO_CELL: Cell = (None, None)

_PARAMETERS = TRUE, PREDICTED = "true", "predicted"


def cell_asked(class_names: tuple[str, ...]) -> Cell:
    """The cell, row or column that the address asks for. A class that is none is corrected."""
    true, predicted = (_class_asked(parameter, class_names) for parameter in _PARAMETERS)
    return true, predicted


def _class_asked(parameter: str, class_names: tuple[str, ...]) -> int | None:
    asked = st.query_params.get(parameter)
    if asked is None:
        return None
    if asked in class_names:
        return class_names.index(asked)
    correct(parameter, None, f"there is no class “{shortened(asked)}”")
    return None


def write_cell(class_names: tuple[str, ...], cell: Cell, **also: Values) -> None:
    """Choose a cell, and the first page of its images; for callbacks.

    Args:
        class_names: In the order of the labels.
        cell: What is chosen.
        also: Other parameters that change with it.
    """
    names = [None if label is None else class_names[label] for label in cell]
    change({**dict(zip(_PARAMETERS, names, strict=True)), "page": None, **also})
