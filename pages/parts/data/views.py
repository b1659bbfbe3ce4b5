"""The views of the Data page. Which one is open lives in the address (``?show=Images``), as its choices do."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import change, one_of

OVERVIEW, IMAGES, MAP = "Overview", "Images", "Map"
DUPLICATES, PREPARE, MANAGE = "Duplicates", "Prepare", "Manage"

NAMES = (OVERVIEW, IMAGES, MAP, DUPLICATES, PREPARE, MANAGE)
# What the views write into the address: it goes when another view is opened, or another dataset.
CHOICES = ("part", "class", "page", "image", "map", "kind", "sort", "job")

_SHOWN = "show"


def view_tabs() -> list[st.delta_generator.DeltaGenerator]:
    """The tabs, a view each, in the order of :data:`NAMES`; the one that the address asks for is open."""
    st.session_state[_SHOWN] = one_of(_SHOWN, NAMES, default=OVERVIEW)
    return list(st.tabs(list(NAMES), key=_SHOWN, on_change=_open_chosen))


def open_view(view: str, **choices: str | None) -> None:
    """Open a view of the same dataset; for callbacks.

    Args:
        view: One of :data:`NAMES`.
        choices: Parameters of it.
    """
    change({**dict.fromkeys(CHOICES), **choices, _SHOWN: None if view == OVERVIEW else view})


def _open_chosen() -> None:
    open_view(st.session_state[_SHOWN])
