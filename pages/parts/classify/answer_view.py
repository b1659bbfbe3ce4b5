"""One picture's answer: what the network says, how sure it is, how the picture came to it, and why it says so."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
from pages.parts.bars import BARS_CSS, Bar, bars_list
from pages.parts.classify.answered import answer_of, picture_key
from pages.parts.classify.choices_form import adjust_by_hand, choices_of
from pages.parts.classify.draw import DRAWING
from pages.parts.classify.film_strip import film_strip
from pages.parts.classify.why import show_why
from pages.parts.words import plain

_TOP = 3


def show_answer(picture: Picture, run: Run) -> None:
    """Show what a run's network says of one picture: the answer first, explanations below it.

    A picture in which nothing is found gets a message. What is decided by hand belongs to the picture; for a drawing
    it stays while one draws on.

    Args:
        picture: Any picture.
        run: A run with a network.

    Raises:
        RunError: The network cannot be loaded.
    """
    scope = DRAWING if picture.name == DRAWING else picture_key(picture)
    choices = choices_of(scope)
    answer = None
    try:
        with st.spinner("Classifying…"):
            answer = answer_of(picture, run, choices)
    except PictureError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
    if answer is None:
        # By hand one may have cut away all that there was.
        adjust_by_hand(scope, choices, kind=None)
        return
    _headline(answer)
    # Feedback ("Wrong: it is a …") belongs here, right under the answer.
    film_strip(answer.prepared, choices)
    adjust_by_hand(scope, choices, kind=answer.prepared.kind)
    show_why(answer, run)


def _headline(answer: Answer) -> None:
    """The answer in words, and the most probable classes as bars."""
    best, second = answer.guesses[0], answer.guesses[1]
    title, words = f"{best.label}, {best.probability:.0%}", _how_sure(answer)
    if answer.is_outlier:
        title = "Probably none of my classes"
        words = (
            f"It is unlike 95 % of the pictures that this network was checked on. Nearest to it are "
            f"{best.label} and {second.label}."
        )
    bars = bars_list([Bar(guess.label, guess.probability) for guess in answer.guesses[:_TOP]])
    st.header(plain(title), anchor=False)
    st.caption(plain(words))
    st.html(f'{BARS_CSS}<div class="cnn-lab-answer" role="group" aria-label="{html.escape(title)}">{bars}</div>')


def _how_sure(answer: Answer) -> str:
    best, second = answer.guesses[0], answer.guesses[1]
    if best.probability < 0.6:
        return f"Unsure: it may as well be {second.label}."
    out_of = min(99, round(100 * best.probability))
    return f"Of 100 answers as sure as this one about {out_of} are right, for pictures like those it learned from."
