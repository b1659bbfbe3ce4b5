"""The views of the Evaluate page, and which parameters of the address belong to which."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.quiz import new_seed
from pages.parts.address import Values, change
from pages.parts.tab_views import TabViews

ERRORS, BY_CLASS, CONFIDENCE, LABELS = "Errors", "By class", "Confidence", "Labels"
TWO_RUNS, QUIZ, REPORT = "Two runs", "You against it", "Report"

QUIZ_NUMBER = "quiz"
_PARAMETERS = {
    ERRORS: ("scale", "errors_only", "true", "predicted", "order", "low", "high", "page"),
    BY_CLASS: ("classes",),
    CONFIDENCE: (),
    LABELS: ("marks", "page"),
    TWO_RUNS: ("other", "true", "predicted", "sides", "page"),
    QUIZ: (QUIZ_NUMBER,),
    REPORT: (),
}
_VIEWS = TabViews(
    "evaluate",
    _PARAMETERS,
    leaving=("image",),
    first_choices=lambda view: {QUIZ_NUMBER: str(new_seed())} if view == QUIZ else {},
)
NAMES = _VIEWS.names
# What names classes, and so means nothing for a run that has others; and what names a place in a list.
_OF_CLASSES, _OF_LISTS = ("true", "predicted", "classes"), ("page", "image")


def view_asked() -> str:
    """Which view the address asks for."""
    return _VIEWS.asked()


def view_tabs() -> list[st.delta_generator.DeltaGenerator]:
    """The tabs, a view each, in the order of :data:`NAMES`; the one that the address asks for is open."""
    return _VIEWS.tabs()


def open_view(view: str, **choices: Values) -> None:
    """Open a view; for callbacks.

    Args:
        view: One of :data:`NAMES`.
        choices: Parameters of it. Without any, it opens as it was left.
    """
    _VIEWS.open(view, **choices)


def open_run(run_id: str, *, has_same_classes: bool, **choices: Values) -> None:
    """Go to another run in the same view; for callbacks. What was chosen stays where it means something there, too.

    Args:
        run_id: Of the other run.
        has_same_classes: Whether its classes are those of the run before.
        choices: Other parameters to write with it.
    """
    _VIEWS.forget()
    gone = _OF_LISTS if has_same_classes else (*_OF_LISTS, *_OF_CLASSES)
    change({**dict.fromkeys(gone), **choices, "run": run_id})
