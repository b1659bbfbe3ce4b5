"""A run as a thing of one's own: its name and notes, its settings as a new run, its end."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import RunSummary
from pages.parts.boundary import errors_toasted
from pages.parts.draft import fill_form
from pages.parts.run_actions import edit_notes
from pages.parts.run_dialogs import ask_to_delete
from pages.parts.words import plain


def manage(run: Run, record: RunRecord, row: RunSummary) -> None:
    """Offer it."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="watch-manage"):
        with st.popover("Name and notes", icon=":material/edit_note:", key=f"notes-open-{run.id}"):
            edit_notes(run, is_narrow=True)
        st.button(
            "Clone",
            icon=":material/content_copy:",
            on_click=_clone,
            args=(record, row.title),
            help="Its settings, in the form of a new run.",
            key=f"clone-{run.id}",
        )
        ask_to_delete([row])


def _clone(record: RunRecord, title: str) -> None:
    with errors_toasted():
        fill_form(record, f"These are the settings of **{plain(title)}**.")
