"""Which dataset the Data page shows (``?dataset=NAME``), or that one's own pictures are to be brought in."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard, dataset_card, dataset_names, dataset_titles
from pages.parts.address import change, correct, shortened
from pages.parts.data.views import CHOICES

_PARAMETER, _BRING_IN = "dataset", "bring-in"
_CHOICE = "dataset-to-look-at"


def choose_dataset() -> DatasetCard | None:
    """Let the user choose a dataset, in step with the address. ``None``: pictures are to be brought in."""
    names = dataset_names()
    asked = st.query_params.get(_PARAMETER, names[0])
    if asked not in (*names, _BRING_IN):
        correct(_PARAMETER, None, f"there is no dataset “{shortened(asked)}”")
        asked = names[0]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    st.session_state[_CHOICE] = None if asked == _BRING_IN else asked
    left.selectbox(
        "Dataset",
        names,
        format_func=dataset_titles().__getitem__,
        key=_CHOICE,
        on_change=_open_chosen,
        placeholder="Choose a dataset to look at",
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Bring in your own…",
            icon=":material/add_photo_alternate:",
            type="secondary" if asked == _BRING_IN else "primary",
            disabled=asked == _BRING_IN,
            on_click=open_bring_in,
            key="open-bring-in",
        )
    return None if asked == _BRING_IN else dataset_card(asked)


def open_dataset(name: str | None, **choices: str | None) -> None:
    """Open a dataset; for callbacks.

    Args:
        name: Of the dataset; ``None``: the recommended one.
        choices: Other parameters, such as ``show``.
    """
    change({**dict.fromkeys(CHOICES), **choices, _PARAMETER: name})


def open_bring_in() -> None:
    """Open the form that brings pictures in; for callbacks."""
    open_dataset(_BRING_IN, show=None)


def _open_chosen() -> None:
    open_dataset(st.session_state[_CHOICE])
