"""What can be done with the chosen runs: name them, open, clone, resume, train further, delete."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import resume_run
from cnn_core.runs.notes import NAME_LENGTH, TEXT_LENGTH, Notes
from cnn_core.runs.store import RunSummary, find_run
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.draft import fill_form
from pages.parts.run_dialogs import ask_to_delete, ask_to_extend
from pages.parts.words import plain


def run_actions(rows: Sequence[RunSummary]) -> None:
    """Offer what can be done with some runs, most of it with a single one.

    Args:
        rows: The chosen runs; at least one.
    """
    if len(rows) == 1:
        _single(rows[0])
    else:
        st.subheader(f"{len(rows)} runs", anchor=False)
        ask_to_delete(rows)


def _single(row: RunSummary) -> None:
    st.subheader(plain(row.title), anchor=False)
    if row.message:
        st.error(plain(row.message), icon=":material/error:")
    if row.state == "damaged":
        ask_to_delete([row])
        return
    run = find_run(row.id)
    st.caption(f"{row.network} on {row.dataset} · {row.state} · {run.id}")
    with st.container(horizontal=True, vertical_alignment="center"):
        here = {"run": run.id}
        st.page_link("train.py", label="Watch", icon=":material/monitoring:", query_params={**here, "view": "watch"})
        if run.has_report:
            st.page_link("evaluate.py", label="Evaluate", icon=":material/fact_check:", query_params=here)
        if run.has_model:
            st.page_link("classify.py", label="Classify", icon=":material/image_search:", query_params=here)
        _clone(run, row)
        if row.state in ("stopped", "failed"):
            _resume(run, row)
        ask_to_extend(run, row)
        ask_to_delete([row])
    edit_notes(run)


def _clone(run: Run, row: RunSummary) -> None:
    if st.button("Clone", icon=":material/content_copy:", help="Its settings, in the form of a new run."):
        with errors_told():
            fill_form(run.record(), f"These are the settings of **{plain(row.title)}**.")
            st.switch_page("train.py")


def _resume(run: Run, row: RunSummary) -> None:
    whence = "from where it was" if row.has_checkpoint else "from the beginning: it has no checkpoint"
    if st.button("Resume", icon=":material/play_arrow:", help=f"The training goes on {whence}."):
        with errors_told():
            resume_run(run)
            LocalLauncher().start(run)
            st.rerun()


def edit_notes(run: Run, *, is_narrow: bool = False) -> None:
    """Fields for the name and the notes of a run, saved as they are left; below each other where it is narrow."""
    notes = run.notes()
    name, text = (st.container(), st.container()) if is_narrow else st.columns([2, 5])
    # What is stored is part of the key: words that somebody else wrote meanwhile are another field, which shows them.
    name_key, text_key = f"run-name-{run.id}-{notes.name}", f"run-text-{run.id}-{notes.text}"
    name.text_input(
        "Name",
        notes.name,
        max_chars=NAME_LENGTH,
        placeholder="What you call this run",
        key=name_key,
        on_change=lambda: _save(run, name=st.session_state[name_key]),
    )
    text.text_area(
        "Notes",
        notes.text,
        max_chars=TEXT_LENGTH,
        placeholder="What you tried, what you saw",
        height=80,
        key=text_key,
        on_change=lambda: _save(run, text=st.session_state[text_key]),
    )


def _save(run: Run, **changed: str) -> None:
    with errors_toasted():
        # Only what was changed here: the other field may be somebody else's by now.
        run.save_notes(Notes(**{**run.notes().model_dump(), **changed}))
