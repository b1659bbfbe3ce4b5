"""Start: from nothing to a whole network, in short sections, each with a drawing and something to try."""

from __future__ import annotations

import streamlit as st

from pages.parts.learn.drawing import Shown
from pages.parts.learn.mode import PAGES, TEXT, TRIES, is_left_out
from pages.parts.learn.picture import choose_picture
from pages.parts.learn.start.architecture import architecture
from pages.parts.learn.start.drawings import CSS
from pages.parts.learn.start.sections import Section, sections
from pages.parts.learn.views import ACTIVATION, ANSWER, CONVOLUTION, DUEL, HEAD, NETWORK, POOLING, QUESTIONS, VIEWS
from pages.parts.learn.ways import come_back, way

_WELCOME = """
This page shows what a convolutional network computes, down to the last number. You need to know what a matrix is, and
nothing about networks. Read this view from top to bottom, and press the buttons where you like: each opens another
view, set up to show what was just said. The tab *Start* brings you back to where you were. With all of them it takes
about half an hour.
"""
# Where to go on, and why; those of these views that there are.
_NEXT = {
    CONVOLUTION: "Slide a kernel over your picture, and read every sum.",
    ACTIVATION: "See what each curve makes of the map.",
    POOLING: "See what is kept of each window, and what a pixel's move changes.",
    ANSWER: "Follow a trained network from its last layer to its answer.",
    NETWORK: "Walk through a network that you have trained, layer by layer.",
    DUEL: "Train a network without convolutions beside one with them.",
    QUESTIONS: "Find out whether you could explain it to somebody else.",
}


def start() -> Shown:
    """Show the view. Its last steps import TensorFlow."""
    if not is_left_out(TEXT):
        st.subheader("From a picture to an answer", anchor=False)
        st.markdown(_WELCOME)
    with st.container(width=440):
        picture = choose_picture()
    if not is_left_out(TEXT):
        st.html(CSS)
        for number, section in enumerate(sections(picture), start=1):
            _show(section, f"start-section-{number}")
    architecture(picture)
    come_back()
    if not is_left_out(TRIES):
        _go_on()
    return Shown()


def _show(section: Section, key: str) -> None:
    with st.container(border=True, key=key):
        words, beside = st.columns([5, 4], gap="large", vertical_alignment="center")
        with words:
            st.subheader(section.title, anchor=False)
            st.markdown(section.text)
            if not is_left_out(TRIES):
                _try(section, key)
        with beside:
            # Streamlit's own `html` takes every SVG out. All of it is ours, and what is not is escaped.
            st.markdown(section.drawing, unsafe_allow_html=True)


def _try(section: Section, key: str) -> None:
    if section.way is not None:
        to = section.way
        way(to.label, to.view, key=f"{key}-try", see=to.see, shown=to.shown, back_to=key, **to.choices)
    elif not is_left_out(PAGES):
        st.page_link("train.py", label="Train a network yourself, and watch its loss", icon=":material/play_circle:")


def _go_on() -> None:
    there = [view for view in _NEXT if view in VIEWS.shown]
    if not there:
        return
    st.subheader("Where to go on", anchor=False)
    for first in range(0, len(there), 3):
        for column, view in zip(st.columns(3), there[first : first + 3], strict=False):
            with column:
                way(view, view, key=f"on-{view}", see=_NEXT[view], icon=":material/arrow_forward:", shown=HEAD)
