"""The view "Set up": everything that is chosen before a start."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.boundary import errors_told
from pages.parts.draft import Draft, dismiss_note, undo, usable_draft
from pages.parts.form.augmentation_tab import augmentation_tab
from pages.parts.form.code_tab import code_tab
from pages.parts.form.essentials import essentials, summary
from pages.parts.form.look import apply_form_look
from pages.parts.form.network_tab import network_tab
from pages.parts.form.problems import Problem, find_problems
from pages.parts.form.rate_tab import rate_tab
from pages.parts.form.starting import ask_to_start, last_start
from pages.parts.form.training_tab import training_tab
from pages.parts.form.transfer_tab import transfer_tab
from pages.parts.price_view import price_view
from pages.parts.tab_focus import keep_tab_focus
from pages.parts.words import plain

Tab = Callable[[Draft, list[Problem]], None]

_TABS: dict[str, Tab] = {
    "Network": network_tab,
    "Training": training_tab,
    "Augmentation": augmentation_tab,
    "Transfer": transfer_tab,
    "Learning-rate test": rate_tab,
    "Code": code_tab,
}


def setup_view() -> None:
    """Show the form."""
    apply_form_look()
    draft = usable_draft()
    _note(draft)
    problems = find_problems(draft)
    left, right = st.columns([3, 7], gap="large")
    with left, st.container(key="essentials", gap="small"):
        essentials(draft)
        with st.container(key="start", gap="small"):
            _start_button(draft, problems)
        if not problems:
            price_view(draft.config())
    with right:
        keep_tab_focus()
        tabs = st.tabs(list(_TABS), key="tab", bind="query-params")
        for tab, show in zip(tabs, _TABS.values(), strict=True):
            # Only the open one costs time.
            if tab.open:
                with tab, errors_told():
                    show(draft, problems)


def _start_button(draft: Draft, problems: list[Problem]) -> None:
    st.button(
        "Start training",
        type="primary",
        width="stretch",
        icon=":material/play_arrow:",
        disabled=bool(problems),
        on_click=ask_to_start,
        key="start-training",
    )
    summary(draft, problems)
    last = last_start()
    if last.error:
        st.error(plain(last.error), icon=":material/error:")
        last.error = ""


def _note(draft: Draft) -> None:
    can_undo = draft.brings_back() is not None
    if not draft.note or (draft.is_note_of_before and not can_undo):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="draft-note"):
        with st.container(width="stretch"):
            st.markdown(f":material/edit_note: {draft.note}")
        if can_undo:
            st.button("Bring my settings back", icon=":material/undo:", on_click=undo, key="draft-undo")
        st.button("Dismiss", icon=":material/close:", type="tertiary", on_click=dismiss_note, key="draft-dismiss")
