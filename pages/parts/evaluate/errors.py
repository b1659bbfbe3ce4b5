"""The confusion matrix that one can ask, and the images behind each of its cells."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.pairs import confusion_in_words
from pages.parts.boundary import errors_told
from pages.parts.evaluate.confusion_matrix import choose_cell, choose_pair
from pages.parts.evaluate.examples import show_examples
from pages.parts.evaluate.subject import Subject
from pages.parts.words import plain

# More classes than this ask for the whole width.
_MOST_BESIDE = 24

# In a narrow window one stands below the other, and the images come before the pairs.
_COLUMN = '.st-key-errors-beside > * > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]'
_CSS = f"""
<style>
@media (max-width: 40rem) {{
  {_COLUMN}:first-child, {_COLUMN}:first-child > [data-testid="stVerticalBlock"] {{ display: contents; }}
  {_COLUMN}:last-child {{ order: 1; }}
  *:has(> .st-key-errors-pairs) {{ order: 2; }}
}}
</style>
"""


def errors(subject: Subject) -> list[int]:
    """Show the matrix and, beside it, the images of what is chosen in it; returns these images."""
    report = subject.report
    st.markdown(confusion_in_words(report.matrix(), tuple(map(plain, subject.class_names))))
    if len(subject.class_names) <= _MOST_BESIDE:
        st.html(_CSS)
        left, images = st.container(key="errors-beside").columns(2, gap="medium")
        matrix, pairs = left.container(), left.container(key="errors-pairs")
    else:
        matrix = st.container()
        images, pairs = st.columns([3, 2], gap="medium")
    with matrix:
        st.subheader("Confusion matrix", anchor=False)
        cell = choose_cell(subject)
    with pairs:
        choose_pair(report)
    # Without its answers image by image, a run still has its figures.
    with images, errors_told():
        return show_examples(subject, cell)
    return []
