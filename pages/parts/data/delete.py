"""Deleting a dataset of one's own: asked first, and refused while a run trains on it."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.runs.datasets import remove_dataset, runs_on
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.data.choose import open_dataset
from pages.parts.words import plain

_ASKED = "dataset-to-delete"


def offer_to_delete(card: DatasetCard) -> None:
    """Show a button that asks first, and the question where it was pressed."""
    st.button("Delete…", icon=":material/delete:", on_click=_ask, args=(card.name,), key="delete-dataset")
    if st.session_state.get(_ASKED) == card.name:
        _dialog(card)


def _ask(name: str) -> None:
    st.session_state[_ASKED] = name


def _close() -> None:
    st.session_state.pop(_ASKED, None)


@st.dialog("Delete this dataset?", on_dismiss=_close, icon=":material/delete:")
def _dialog(card: DatasetCard) -> None:
    if st.session_state.get(_ASKED) != card.name:
        st.rerun()
    with errors_told():
        st.markdown(
            f"**{plain(card.title)}**: {card.train_count + card.test_count:,} images. The pictures that it was made of "
            "stay where they are. This cannot be undone."
        )
        users = runs_on(card.name)
        active = [run for run in users if run.status().is_active]
        is_sure = not users
        if active:
            st.warning("A run trains on it or waits to: stop it first.", icon=":material/play_circle:")
        elif users:
            are = "A run" if len(users) == 1 else f"{len(users)} runs"
            st.warning(
                f"{are} learned from it. Their figures and networks stay, but their test images cannot be shown any "
                "more, and the runs cannot be resumed.",
                icon=":material/image_not_supported:",
            )
            is_sure = st.checkbox("Delete it all the same", key="delete-dataset-used")
        with st.container(horizontal=True):
            st.button(
                "Delete",
                type="primary",
                icon=":material/delete:",
                disabled=bool(active) or not is_sure,
                on_click=_do_delete,
                args=(card.name,),
                key="delete-dataset-now",
            )
            st.button("Keep", on_click=_close, key="delete-dataset-not")


def _do_delete(name: str) -> None:
    _close()
    with errors_toasted():
        remove_dataset(name, even_if_used=True)
        open_dataset(None, show=None)
