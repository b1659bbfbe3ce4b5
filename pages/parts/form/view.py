"""The view "Set up": everything that is chosen before a start."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.boundary import errors_told
from pages.parts.draft import Draft, current_draft, dismiss_note, undo
from pages.parts.form.augmentation_tab import augmentation_tab
from pages.parts.form.code_tab import code_tab
from pages.parts.form.essentials import essentials, summary
from pages.parts.form.look import apply_form_look
from pages.parts.form.network_tab import network_tab
from pages.parts.form.problems import Problem, find_problems
from pages.parts.form.rate_tab import rate_tab
from pages.parts.form.training_tab import training_tab
from pages.parts.form.transfer_tab import transfer_tab
from pages.parts.price_view import price_view

Tab = Callable[[Draft, list[Problem]], None]

_TABS: dict[str, Tab] = {
    "Network": network_tab,
    "Training": training_tab,
    "Augmentation": augmentation_tab,
    "Transfer": transfer_tab,
    "Learning-rate test": rate_tab,
    "Code": code_tab,
}


def setup_view(start: Callable[[Draft], None]) -> None:
    """Show the form.

    Args:
        start: Begins a run with the draft; called when the button is pressed and the settings fit.
    """
    apply_form_look()
    draft = current_draft()
    _note(draft)
    problems = find_problems(draft)
    left, right = st.columns([3, 7], gap="large")
    with left, st.container(key="essentials", gap="small"):
        essentials(draft)
        with st.container(key="start", gap="small"):
            is_pressed = st.button(
                "Start training",
                type="primary",
                width="stretch",
                icon=":material/play_arrow:",
                disabled=bool(problems),
            )
            summary(draft.valid, problems)
            if is_pressed and not problems:
                with errors_told():
                    start(draft)
        if not problems:
            price_view(draft.valid)
    with right:
        tabs = st.tabs(list(_TABS), key="tab", bind="query-params")
        for tab, show in zip(tabs, _TABS.values(), strict=True):
            # Only the open one costs time.
            if tab.open:
                with tab, errors_told():
                    show(draft, problems)


def _note(draft: Draft) -> None:
    if not draft.note:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="draft-note"):
        with st.container(width="stretch"):
            st.markdown(f":material/edit_note: {draft.note}")
        if draft.before:
            st.button("Bring my settings back", icon=":material/undo:", on_click=undo, key="draft-undo")
        st.button("Dismiss", icon=":material/close:", type="tertiary", on_click=dismiss_note, key="draft-dismiss")
