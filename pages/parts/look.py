"""The few rules of style that Streamlit's theme cannot express."""

import streamlit as st

# Code in a caption is too pale in its green to be read.
# Streamlit writes white on every primary button and chosen thing, which the dark theme's lighter indigo does not carry
# (3.1:1); black does (6.7:1). `currentcolor` is what is written around it: where that is dark, white, and else black.
# `light-dark` would be simpler, but dialogs lie outside of what has the theme's colour scheme. Under the pointer the
# button is darker, and white is right again. The hint of its key is as strong.
# Where the place to type in, within a list of chosen things, grows with the focus, as Streamlit's does, a row may come:
# a press on a button below takes the focus away, the button moves from under the pointer, and the press is lost.
_CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 3.5rem; padding-inline: 2.5rem; max-width: 84rem; }
@media (max-width: 40rem) { [data-testid="stMainBlockContainer"] { padding-inline: 1rem; } }
[data-testid="stCaptionContainer"] code { color: inherit; }
button[kind^="primary"], [data-testid="stMultiSelect"] [data-tag] {
  color: rgb(from currentcolor
    clamp(0, (128 - r) * 255, 255) clamp(0, (128 - g) * 255, 255) clamp(0, (128 - b) * 255, 255));
}
button[kind^="primary"]:is(:hover, :active) { color: #FFFFFF; }
button[kind^="primary"] kbd { opacity: 1; color: inherit; border-color: currentColor; }
[data-testid="stMultiSelect"] [data-testid="stMultiSelectTagsContainer"] input[role] { min-width: 2rem; }
</style>
"""


def apply_look() -> None:
    """Apply the rules to the page."""
    st.html(_CSS)
