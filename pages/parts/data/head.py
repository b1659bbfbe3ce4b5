"""The head of the Data page: what the dataset is, and whether it is here."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.downloading import DOWNLOAD
from cnn_core.data.load import dataset_state
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import find_job, start_job
from pages.parts.boundary import errors_toasted
from pages.parts.data.delete import offer_to_delete
from pages.parts.data.train_on import train_on
from pages.parts.job_view import JobView
from pages.parts.words import plain


def head(card: DatasetCard) -> bool:
    """Show what is known of a dataset. Returns whether its images are here."""
    if card.description:
        st.markdown(plain(card.description))
    facts = [
        f"{card.train_count:,} training and {card.test_count:,} test images",
        f"{len(card.class_names):,} classes",
        f"{card.height}×{card.width}",
        "grey" if card.channels == 1 else "colour",
        *([plain(card.licence)] if card.licence else []),
    ]
    state = dataset_state(card.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" · ".join(facts), width="stretch")
        if state.state == "ready":
            train_on(card.name)
    if state.state == "ready":
        return True
    if state.state == "damaged":
        st.error(plain(state.message), icon=":material/error:")
        if card.is_own:
            offer_to_delete(card)
    else:
        _offer_download(card, state.message)
    return False


def _offer_download(card: DatasetCard, message: str) -> None:
    def offer() -> None:
        st.info(plain(message), icon=":material/download:")
        button(f"Download {plain(card.title)} ({card.download_bytes / 1e6:.0f} MB)")

    def button(label: str = "Try again") -> None:
        st.button(label, icon=":material/download:", type="primary", on_click=_start, args=(card.name,), key="download")

    def done(_job: Job) -> None:
        # It was here once, and is gone again: otherwise the images would be shown.
        offer()

    JobView(
        key="download",
        find=lambda: find_job(DOWNLOAD, card.name),
        offer=offer,
        result=done,
        retry=button,
        doing=f"Downloading {plain(card.title)}",
        failed="The download failed.",
    ).show()


def _start(name: str) -> None:
    with errors_toasted():
        start_job(DOWNLOAD, name, {"dataset": name}, again=True)
