"""The head of the Evaluate page: how good the network is, and how honestly that was measured."""

from __future__ import annotations

import streamlit as st

from pages.parts.evaluate.subject import Subject
from pages.parts.words import number, percent


def head(subject: Subject) -> None:
    """Show the figures of the report."""
    report = subject.report
    with st.container(horizontal=True):
        st.metric("Accuracy", percent(report.accuracy), border=True)
        st.metric("Loss", number(report.loss, 4), border=True)
        st.metric("Precision", percent(report.precision), border=True)
        st.metric("Recall", percent(report.recall), border=True)
        st.metric("F1", percent(report.f1), border=True)
    if report.is_test_set_watched:
        st.caption(
            f":material/visibility: {report.test_count:,} test images, **watched every epoch** as the classic "
            "tutorials do: choices made while watching flatter the figures. Precision, recall and F1 are means over "
            "the classes."
        )
    else:
        st.caption(
            f":material/lock: {report.test_count:,} test images, read once, after the training. Precision, recall and "
            "F1 are means over the classes."
        )
