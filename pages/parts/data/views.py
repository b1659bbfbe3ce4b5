"""The views of the Data page, and which parameters of the address belong to which."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import Values
from pages.parts.tab_views import TabViews

OVERVIEW, IMAGES, MAP = "Overview", "Images", "Map"
DUPLICATES, PREPARE, MANAGE = "Duplicates", "Prepare", "Manage"

_PARAMETERS = {
    OVERVIEW: ("sort", "page"),
    IMAGES: ("part", "class", "page"),
    MAP: ("map", "class"),
    DUPLICATES: ("kind", "page"),
    PREPARE: (),
    MANAGE: (),
}
_LEAVING = ("image", "job")
_VIEWS = TabViews(
    "data",
    _PARAMETERS,
    leaving=_LEAVING,
    # Another dataset has other classes and other images.
    chosen_for={view: dict.fromkeys(names, ("dataset",)) for view, names in _PARAMETERS.items()},
)
NAMES = _VIEWS.names
# What goes when another dataset is opened.
CHOICES = (*dict.fromkeys(name for names in _PARAMETERS.values() for name in names), *_LEAVING)


def view_tabs() -> list[st.delta_generator.DeltaGenerator]:
    """The tabs, a view each, in the order of :data:`NAMES`; the one that the address asks for is open."""
    return _VIEWS.tabs()


def open_view(view: str, **choices: Values) -> None:
    """Open a view of the same dataset; for callbacks.

    Args:
        view: One of :data:`NAMES`.
        choices: Parameters of it. Without any, it opens as it was left.
    """
    _VIEWS.open(view, **choices)
