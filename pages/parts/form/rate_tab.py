"""The tab "Learning-rate test": a rate that suits this network, found by trying many."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft import Draft
from pages.parts.form import fields
from pages.parts.form.problems import Problem
from pages.parts.rate_range_view import rate_range_view


def rate_tab(draft: Draft, problems: list[Problem]) -> None:
    """Show the test, and take over the rate that it suggests."""
    if problems:
        st.info("The test needs settings that fit together: see what is said beside **Start training**.")
        return
    rate = rate_range_view(draft.config())
    if rate is not None:
        fields.set_also("training", "learning_rate", rate)
        st.rerun()
