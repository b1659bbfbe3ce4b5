"""Learn: what a convolutional network computes, number by number, on a picture of one's own."""

from collections.abc import Callable

import streamlit as st

from pages.parts.address import corrections_told
from pages.parts.boundary import errors_told
from pages.parts.learn import views
from pages.parts.learn.activation_view import activation
from pages.parts.learn.answer_view import answer
from pages.parts.learn.convolution_view import convolution
from pages.parts.learn.drawing import Shown, drawing
from pages.parts.learn.duel.view import duel
from pages.parts.learn.network.view import your_network
from pages.parts.learn.pooling_view import pooling
from pages.parts.learn.questions.view import questions
from pages.parts.learn.start.view import start
from pages.parts.learn.teacher import teachers_link
from pages.parts.reveal import revealer
from pages.parts.tab_views import CSS as TABS_CSS

# Each returns what the drawing on top shows of it.
VIEWS: dict[str, Callable[[], Shown]] = {
    views.START: start,
    views.CONVOLUTION: convolution,
    views.ACTIVATION: activation,
    views.POOLING: pooling,
    views.ANSWER: answer,
    views.NETWORK: your_network,
    views.DUEL: duel,
    views.QUESTIONS: questions,
}

# What stands beside the title reaches up to the header, which would cover its edge.
st.html(f"{TABS_CSS}<style>.st-key-{views.HEAD} {{ padding-top: .5rem; }}</style>")
with corrections_told():
    side_by_side = st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=views.HEAD
    )
    with side_by_side:
        st.title("Learn", width="content")
        teachers_link()
    # Above the views, and drawn when the open one knows what it shows.
    top = st.container()
    shown = Shown()
    for tab, name in zip(views.VIEWS.tabs(), views.VIEWS.shown, strict=True):
        # Only the open one costs time.
        if tab.open:
            with tab, errors_told():
                shown = VIEWS[name]()
    with top:
        drawing(views.VIEWS.asked(), shown)
    revealer()
