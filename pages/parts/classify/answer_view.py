"""One picture's answer: what the network says, how sure it is, how the picture came to it, and why it says so."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.errors import PictureError
from cnn_core.images.choices import AUTOMATIC
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback_file import picture_key
from cnn_core.training.adapting import why_not_adapted
from pages.parts.address import rooted
from pages.parts.bars import BARS_CSS, Bar, bars_list
from pages.parts.classify.answered import answer_of
from pages.parts.classify.choices_form import adjust_by_hand, choices_of
from pages.parts.classify.draw import DRAWING
from pages.parts.classify.feedback import feedback_form
from pages.parts.classify.film_strip import crisp, film_strip, shown
from pages.parts.classify.why import show_why
from pages.parts.words import plain

_TOP = 3
# Below it the second class is nearly as likely, whatever the first is.
_UNSURE = 0.6
_PICTURE_SIDE = 200
_PLURALS = {"photo": "photos", "product": "product shots", "drawing": "drawings", "dataset": "such images"}

_CSS = f"""
<style>
img.cnn-lab-brought {{ display: block; max-width: 100%; max-height: {_PICTURE_SIDE}px; border-radius: .5rem;
  border: 1px solid rgba(128, 128, 148, .35); }}
img.cnn-lab-brought.crisp {{ height: {_PICTURE_SIDE}px; image-rendering: pixelated; }}
.cnn-lab-answer {{ max-width: 36rem; }}
</style>
"""


def show_answer(picture: Picture, run: Run, *, is_asked_back: bool = True) -> None:
    """Show what a run's network says of one picture: the answer first, explanations below it.

    A picture in which nothing is found gets a message. What is decided by hand belongs to the picture; for a drawing
    it stays while one draws on.

    Args:
        picture: Any picture.
        run: A run with a network.
        is_asked_back: Whether a person is asked what the picture shows. Not for test images: who trained on what is
            kept would have no test.

    Raises:
        RunError: The network cannot be loaded.
    """
    is_drawing = picture.name == DRAWING
    scope = DRAWING if is_drawing else picture_key(picture)
    choices = choices_of(scope)
    frame = run.record().data.frame
    answer = None
    try:
        with st.spinner("Classifying…"):
            answer = answer_of(picture, run, choices)
    except PictureError as error:
        # Who has just begun to draw has done nothing wrong.
        tell, icon = (st.info, "draw") if is_drawing else (st.error, "broken_image")
        words = str(error).replace(", or choose another picture.", ".") if is_drawing else str(error)
        tell(plain(words), icon=f":material/{icon}:")
    if answer is None:
        # By hand one may have cut away all that there was.
        if choices != AUTOMATIC:
            adjust_by_hand(scope, frame, kind=None)
        return
    with st.container(horizontal=True, gap="medium"):
        # A drawing is on the canvas already.
        if not is_drawing:
            _picture(answer)
        with st.container(width="stretch", gap="small"):
            _headline(answer, run)
            if is_asked_back:
                feedback_form(picture, answer, run)
    film_strip(answer.prepared, choices)
    adjust_by_hand(scope, frame, kind=answer.prepared.kind)
    show_why(answer, run)


def _picture(answer: Answer) -> None:
    name = html.escape(answer.prepared.name)
    image = answer.prepared.stages[0].image
    with st.container(width="content"):
        st.html(f'{_CSS}<img class="cnn-lab-brought{crisp(image)}" src="{shown(image)}" alt="{name}">')


def _headline(answer: Answer, run: Run) -> None:
    """The answer in words, and the most probable classes as bars."""
    best, second = answer.guesses[0], answer.guesses[1]
    title, words = f"{best.label}, {_percent(best.probability)}", _how_sure(answer)
    if answer.is_outlier:
        title = "Probably none of my classes"
        words = (
            "It looks stranger to the network than nearly all of the pictures that it was checked on. The nearest are "
            f"{best.label} and {second.label}."
        )
    if answer.is_adapted:
        words += " It answered with its weights for people's pictures."
    bars = bars_list([Bar(guess.label, guess.probability) for guess in answer.guesses[:_TOP]])
    st.header(plain(title), anchor=False)
    st.caption(plain(words))
    if not answer.is_judged:
        st.caption(
            f"Which {_kind(answer)} show none of its classes, it cannot tell: it learned from the dataset's own images "
            "alone. A network that was taught people's pictures can."
        )
        # Not in the caption: a link is too pale there.
        st.markdown(f":small[{_way_to_one_that_can(run)}]")
    st.html(f'{BARS_CSS}{_CSS}<div class="cnn-lab-answer" role="group" aria-label="{html.escape(title)}">{bars}</div>')


def _way_to_one_that_can(run: Run) -> str:
    if why_not_adapted(run) is None:
        return f"[Teach it people's pictures, on Watch]({rooted(f'train?run={run.id}')})"
    return f"[Train one that can]({rooted('train?view=setup&tab=Augmentation')})"


def _how_sure(answer: Answer) -> str:
    best, second = answer.guesses[0], answer.guesses[1]
    if best.probability < _UNSURE:
        return f"Unsure: it may as well be {second.label}."
    if not answer.is_judged:
        return f"Sure, but it was never checked on {_kind(answer)}: it may well be wrong."
    out_of = min(99, round(100 * best.probability))
    those = "pictures like those it learned from"
    if answer.is_adapted:
        those = "photos and drawings as its training made them up; real ones are harder"
    return f"Of 100 answers as sure as this one about {out_of} are right, for {those}."


def _kind(answer: Answer) -> str:
    return _PLURALS[answer.prepared.kind]


def _percent(share: float) -> str:
    return "over 99%" if share > 0.995 else f"{100 * share:.0f}%"
