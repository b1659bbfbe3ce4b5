"""The few rules of style that Streamlit's theme cannot express."""

import streamlit as st

_CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 3.5rem; max-width: 84rem; }
</style>
"""


def apply_look() -> None:
    """Apply the rules to the page."""
    st.html(_CSS)
