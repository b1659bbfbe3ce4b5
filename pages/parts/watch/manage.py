"""A run as a thing of one's own: its name and notes, its settings as a new run, its end."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord
from cnn_core.runs.summary import RunSummary
from pages.parts.run_again import offer_clone
from pages.parts.run_dialogs import ask_to_delete
from pages.parts.run_notes import edit_notes
from pages.parts.watch.pictures import offer_pictures


def manage(run: Run, record: RunRecord, row: RunSummary) -> None:
    """Offer it."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="watch-manage"):
        with st.popover("Name and notes", icon=":material/edit_note:", key=f"notes-open-{run.id}"):
            edit_notes(run, page="watch")
        offer_clone(run, record, row.title)
        offer_pictures(run)
        ask_to_delete([row])
