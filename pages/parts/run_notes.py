"""The name and the notes of a run: fields that are saved as they are left, whoever else writes into them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.notes import NAME_LENGTH, TEXT_LENGTH, Notes
from pages.parts.boundary import errors_toasted


@dataclass(frozen=True)
class _Field:
    """A field for a part of a run's notes.

    It is set when it appears, and never while it is on the screen: the browser may hold words that it has not sent.

    Attributes:
        page: Where it stands. The field of another page is another one, which appears anew.
    """

    run: Run
    part: Literal["name", "text"]
    page: str

    @property
    def key(self) -> str:
        return f"run-{self.part}-{self.page}-{self.run.id}"

    @property
    def base_key(self) -> str:
        """Of what was stored when the field and the file last agreed."""
        return f"{self.key}-begun-from"

    @property
    def stored(self) -> str:
        stored: str = getattr(self.run.notes(), self.part)
        return stored

    def begin(self) -> None:
        if self.key not in st.session_state:
            self.use_stored()

    def use_stored(self) -> None:
        st.session_state[self.key] = st.session_state[self.base_key] = self.stored

    def save(self) -> None:
        # What somebody else wrote meanwhile is not written over unasked.
        if self.stored == st.session_state[self.base_key]:
            self.keep()

    def keep(self) -> None:
        with errors_toasted():
            # Only what was changed here: the other part may be somebody else's by now.
            self.run.save_notes(Notes(**{**self.run.notes().model_dump(), self.part: st.session_state[self.key]}))
            st.session_state[self.base_key] = self.stored

    def tell_changes(self) -> None:
        """Say where somebody else has changed what the field began with, and let the user choose."""
        stored = self.stored
        if st.session_state[self.key].strip() == stored:
            st.session_state[self.base_key] = stored
        if st.session_state[self.base_key] == stored:
            return
        what = "changed this meanwhile:" if stored else "cleared this meanwhile."
        st.caption(f":material/group: Somebody {what}")
        if stored:
            st.html(f'<div style="white-space: pre-wrap; overflow-wrap: anywhere">{html.escape(stored)}</div>')
        with st.container(horizontal=True):
            st.button("Use theirs", on_click=self.use_stored, key=f"{self.key}-theirs")
            st.button("Keep mine", on_click=self.keep, key=f"{self.key}-mine")


def edit_notes(run: Run, *, page: Literal["runs", "watch"]) -> None:
    """Show fields for the name and the notes of a run; below each other in the narrow place on the page "watch"."""
    left, right = (st.container(), st.container()) if page == "watch" else st.columns([2, 5])
    with left:
        name = _Field(run, "name", page)
        name.begin()
        st.text_input(
            "Name",
            max_chars=NAME_LENGTH,
            placeholder="What you call this run",
            key=name.key,
            on_change=name.save,
        )
        name.tell_changes()
    with right:
        text = _Field(run, "text", page)
        text.begin()
        st.text_area(
            "Notes",
            max_chars=TEXT_LENGTH,
            placeholder="What you tried, what you saw",
            height=80,
            key=text.key,
            on_change=text.save,
        )
        text.tell_changes()
