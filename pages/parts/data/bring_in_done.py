"""What was brought in: how much it is, what was left out, and where to go from here."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.csv_cells import as_csv_text
from cnn_core.data.catalogue import dataset_names
from cnn_core.data.own.bringing import BroughtIn
from cnn_core.data.own.listing import read_left_out
from cnn_core.data.own.store import own_folder
from cnn_core.jobs.job import Job
from cnn_core.models.presets import preset_names
from pages.parts.boundary import errors_told
from pages.parts.data.bring_in_form import WIDE
from pages.parts.data.bring_in_source import open_staged
from pages.parts.data.choose import open_dataset
from pages.parts.draft import start_from
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
        f"({result.train_count:,} to train, {result.test_count:,} to test), in {duration(result.seconds)}.",
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
        if st.button("Train on it", icon=":material/play_circle:", key="train-on-brought-in"):
            with errors_told():
                start_from(result.name, preset_names()[0])
                st.switch_page("train.py")
        _again()
    if result.left_out:
        _left_out(result)


def _again() -> None:
    st.button(
        "Bring in more", icon=":material/add_photo_alternate:", type="tertiary", on_click=open_staged, args=(None,)
    )


def _left_out(result: BroughtIn) -> None:
    rows = read_left_out(own_folder(result.name))
    words = "1 file was left out" if result.left_out == 1 else f"{result.left_out:,} files were left out"
    with st.expander(words, icon=":material/broken_image:", expanded=True):
        if len(rows) < result.left_out:
            st.caption(f"The first {len(rows):,} are listed.")
        table = pd.DataFrame(rows, columns=["file", "why"])
        st.dataframe(table, hide_index=True, column_config=WIDE)
        st.download_button(
            "Download the list",
            table.map(as_csv_text).to_csv(index=False).encode("utf-8-sig"),
            file_name=f"{result.name}-left-out.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
