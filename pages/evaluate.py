"""Evaluate: how good a network is, which images it got wrong, and why."""

from collections.abc import Callable

import streamlit as st

from pages.parts.boundary import errors_told
from pages.parts.evaluate.by_class import by_class
from pages.parts.evaluate.confidence import confidence
from pages.parts.evaluate.errors import errors
from pages.parts.evaluate.head import head
from pages.parts.evaluate.image_view import show_open_image
from pages.parts.evaluate.labels import labels
from pages.parts.evaluate.quiz import quiz
from pages.parts.evaluate.report_file import report_file
from pages.parts.evaluate.subject import Subject, choose_subject
from pages.parts.evaluate.two_runs import two_runs

VIEWS: dict[str, Callable[[Subject], None]] = {
    "Errors": errors,
    "By class": by_class,
    "Confidence": confidence,
    "Labels": labels,
    "Two runs": two_runs,
    "You against it": quiz,
    "Report": report_file,
}

st.title("Evaluate")
subject = choose_subject()
head(subject)
tabs = st.tabs(list(VIEWS), key="show", bind="query-params")
for tab, show in zip(tabs, VIEWS.values(), strict=True):
    # Only the open one costs time.
    if tab.open:
        with tab, errors_told():
            show(subject)
show_open_image(subject)
