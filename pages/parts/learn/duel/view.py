"""Why convolution? A network with convolutions against one without, as two runs; then the same on changed images."""

from __future__ import annotations

import streamlit as st

from pages.parts.learn.drawing import Shown
from pages.parts.learn.duel.address import AXIS, CHANGE, COMPARE, CONTROL, corners_asked
from pages.parts.learn.duel.begin import start_form
from pages.parts.learn.duel.standing import show_standings
from pages.parts.learn.duel.sweeps import show_sweeps
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.mode import TRIES, is_left_out
from pages.parts.learn.views import STANDING, SWEEPS

_TEXT = """
A dense layer gives every pixel a weight of its own. It does not know which pixels are neighbours, and what it learns
about the upper left corner it has to learn again for every other place. A convolution looks at neighbours only, and
uses the same few weights everywhere. Is that worth anything? Let two networks learn from the same images, in the same
order, with as many weights each: one with convolutions (a **CNN**), one of dense layers alone. Then the control that
convinces: all images get their pixels **shuffled**, always in the same way. Nothing is lost, but neighbours are
neighbours no longer. If it is the neighbourhood that a convolution lives on, the CNN must fall, and the dense network
must not care.
"""

_TRIES = (
    Try(
        "Ask who is quicker",
        "The same curves over seconds: an epoch of the CNN takes longer.",
        {AXIS: "seconds"},
        STANDING,
    ),
    Try(
        "Shift the test images",
        "A few pixels are enough to confuse a dense network. Does the CNN stand it for longer, and for how long?",
        {CHANGE: None, COMPARE: None},
        SWEEPS,
    ),
    Try(
        "Turn them, with the control",
        "Nobody has taught them to turn their heads. The shuffled networks are dashed.",
        {CHANGE: "turn", COMPARE: CONTROL},
        SWEEPS,
    ),
)


def duel() -> Shown:
    """Show the view. Imports TensorFlow, in a thread, where networks are asked."""
    ids = corners_asked()
    # Before there is a duel they would show nothing.
    lesson("Why convolution?", _TEXT, _TRIES if ids else ())
    # A class that is to look at one duel need not queue one each.
    if not is_left_out(TRIES):
        with st.container(border=True):
            start_form(has_duel=bool(ids))
    if ids:
        with st.container(border=True, key=STANDING):
            show_standings(ids)
    with st.container(border=True, key=SWEEPS):
        show_sweeps(ids)
    return Shown()
