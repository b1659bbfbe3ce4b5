"""What was brought in: how much it is, what was left out, and where to go from here."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import dataset_names
from cnn_core.data.own.bringing import BroughtIn
from cnn_core.data.own.store import read_card
from cnn_core.jobs.job import Job
from cnn_core.wording import classes_in_words
from pages.parts.data.bring_in_source import open_staged
from pages.parts.data.choose import open_dataset
from pages.parts.data.left_out import left_out_files
from pages.parts.data.train_on import train_on
from pages.parts.words import duration, plain


def brought_in(job: Job) -> None:
    """Show what came out."""
    result = job.read_result(BroughtIn)
    if result.name not in dataset_names():
        st.info(f"**{plain(result.title)}** was brought in, and deleted since.", icon=":material/info:")
        _again()
        return
    st.success(
        f"**{plain(result.title)}**: {result.train_count + result.test_count:,} images of {result.classes:,} classes "
        f"({result.train_count:,} to train, {result.test_count:,} to test), in {duration(max(1.0, result.seconds))}.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        st.button(
            "Look at it",
            type="primary",
            icon=":material/photo_library:",
            on_click=open_dataset,
            args=(result.name,),
            key="look-at-brought-in",
        )
        train_on(result.name, key="train-on-brought-in")
        _again()
    if classes := read_card(result.name).left_out_classes:
        st.caption(f":material/playlist_remove: Classes that were left out: {plain(classes_in_words(classes))}.")
    left_out_files(result.name, result.left_out, expanded=True)


def _again() -> None:
    st.button(
        "Bring in more", icon=":material/add_photo_alternate:", type="tertiary", on_click=open_staged, args=(None,)
    )
