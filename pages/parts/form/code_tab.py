"""The tab "Code": the run as a Keras script that stands alone."""

from __future__ import annotations

import streamlit as st

from pages.parts.code_view import code_view
from pages.parts.draft import Draft
from pages.parts.form.problems import Problem


def code_tab(draft: Draft, problems: list[Problem]) -> None:
    """Show the script, to be copied or downloaded."""
    if problems:
        st.info("A script needs settings that fit together: see what is said beside **Start training**.")
        return
    code_view(draft.config())
