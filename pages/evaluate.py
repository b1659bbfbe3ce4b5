"""Evaluate: how good a network is, which images it got wrong, and why."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.address import corrections_told
from pages.parts.boundary import errors_told
from pages.parts.evaluate import views
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
from pages.parts.tab_views import CSS as TABS_CSS

# Each returns the images that it shows, for the one that is opened.
VIEWS: dict[str, Callable[[Subject], Sequence[int] | None]] = {
    views.ERRORS: errors,
    views.BY_CLASS: by_class,
    views.CONFIDENCE: confidence,
    views.LABELS: labels,
    views.TWO_RUNS: two_runs,
    views.QUIZ: quiz,
    views.REPORT: report_file,
}

st.title("Evaluate")
st.html(TABS_CSS)
with corrections_told():
    subject = choose_subject()
    head(subject)
    images: Sequence[int] | None = None
    for tab, name in zip(views.view_tabs(), views.NAMES, strict=True):
        # Only the open one costs time.
        if tab.open:
            with tab, errors_told():
                images = VIEWS[name](subject)
    show_open_image(subject, images or ())
