"""The views of the Evaluate page, and which parameters of the address belong to which.

A view's choices are in the address while it is open. They wait in the session while another one is, so that the way
back is not lost, and the address says nothing that is not shown.
"""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.quiz import new_seed
from pages.parts.address import Values, change, one_of

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
NAMES = tuple(_PARAMETERS)
# What names classes, and so means nothing for a run that has others; and what names a place in a list.
_OF_CLASSES, _OF_LISTS = ("true", "predicted", "classes"), ("page", "image")

# In a narrow window the tabs take two rows: one that is hidden at the side is not found.
CSS = """
<style>
@media (max-width: 40rem) { [data-testid="stTabs"] [role="tablist"] { flex-wrap: wrap; overflow: visible; } }
</style>
"""

_SHOWN, _WAITING = "show", "choices-of-the-other-views"


def view_asked() -> str:
    """Which view the address asks for."""
    return one_of(_SHOWN, NAMES, default=ERRORS)


def view_tabs() -> list[st.delta_generator.DeltaGenerator]:
    """The tabs, a view each, in the order of :data:`NAMES`; the one that the address asks for is open."""
    st.session_state[_SHOWN] = view_asked()
    return list(st.tabs(list(NAMES), key=_SHOWN, on_change=_open_chosen))


def _open_chosen() -> None:
    open_view(st.session_state[_SHOWN])


def open_view(view: str, **choices: Values) -> None:
    """Open a view; for callbacks.

    Args:
        view: One of :data:`NAMES`.
        choices: Parameters of it. Without any, it opens as it was left.
    """
    waiting = st.session_state.setdefault(_WAITING, {})
    before = view_asked()
    waiting[before] = {name: st.query_params.get_all(name) for name in _PARAMETERS[before]}
    asked: dict[str, Values] = dict.fromkeys(name for names in _PARAMETERS.values() for name in names)
    asked |= choices or waiting.get(view) or ({QUIZ_NUMBER: str(new_seed())} if view == QUIZ else {})
    change({**asked, "image": None, _SHOWN: None if view == ERRORS else view})


def open_run(run_id: str, *, has_same_classes: bool, **choices: Values) -> None:
    """Go to another run in the same view; for callbacks. What was chosen stays where it means something there, too.

    Args:
        run_id: Of the other run.
        has_same_classes: Whether its classes are those of the run before.
        choices: Other parameters to write with it.
    """
    st.session_state.pop(_WAITING, None)
    gone = _OF_LISTS if has_same_classes else (*_OF_LISTS, *_OF_CLASSES)
    change({**dict.fromkeys(gone), **choices, "run": run_id})
