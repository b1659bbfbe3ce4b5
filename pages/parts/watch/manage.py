"""A run as a thing of one's own: its name and notes, its settings as a new run, its code, its end."""

from __future__ import annotations

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.notes import NAME_LENGTH, TEXT_LENGTH, Notes
from cnn_core.runs.record import RunRecord, RunStatus
from pages.parts.boundary import errors_kept, errors_told
from pages.parts.draft import fill_form
from pages.parts.words import plain, run_title


def manage(run: Run, record: RunRecord, status: RunStatus) -> None:
    """Offer it."""
    with st.container(horizontal=True, key="watch-manage"):
        _name_and_notes(run)
        st.button(
            "Clone",
            type="tertiary",
            icon=":material/content_copy:",
            on_click=_clone,
            args=(run, record),
            help="Puts the settings of this run into the form, to change them and start another.",
            key=f"clone-{run.id}",
        )
        if st.button(
            "Delete…",
            type="tertiary",
            icon=":material/delete:",
            disabled=status.is_active,
            help="Stop the run first." if status.is_active else "Asks first.",
            key=f"delete-{run.id}",
        ):
            _ask_whether_to_delete(run, record)


def _name_and_notes(run: Run) -> None:
    notes = run.notes()
    with st.popover("Name and notes", type="tertiary", icon=":material/edit_note:", key=f"notes-open-{run.id}"):
        with st.form(f"notes-{run.id}", border=False):
            name = st.text_input("Name", notes.name, max_chars=NAME_LENGTH, placeholder="What you call this run")
            text = st.text_area("Notes", notes.text, max_chars=TEXT_LENGTH, placeholder="What you tried, and why")
            is_pressed = st.form_submit_button("Save", type="primary", icon=":material/save:")
        if is_pressed:
            with errors_told():
                run.save_notes(Notes(name=name, text=text))
                st.rerun()


def _clone(run: Run, record: RunRecord) -> None:
    with errors_kept():
        fill_form(record, f"The settings of {run.notes().name or run_title(record)}.")


@st.dialog("Delete this run?", icon=":material/delete:")
def _ask_whether_to_delete(run: Run, record: RunRecord) -> None:
    name = run.notes().name
    st.markdown(
        f"**{plain(name or run_title(record))}**: its curves, its network, its evaluation and its notes are removed "
        "from the disk. There is no way back."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="delete-no"):
            st.rerun()
        if st.button("Delete", type="primary", icon=":material/delete:", key="delete-yes"):
            with errors_told():
                delete_run(run)
                st.query_params.pop("run", None)
                st.rerun()
