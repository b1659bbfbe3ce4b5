"""A person against the network, on hard images.

The quiz lives in the address (``?quiz=…``): a link gives the same images to everybody. Its answers live in the session:
a reload starts anew.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import streamlit as st

from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.quiz import QuizState, draw_quiz, new_seed, parse_seed
from pages.parts import cached
from pages.parts.address import change, correct, shortened
from pages.parts.evaluate.quiz_answers import ask, show_answer
from pages.parts.evaluate.quiz_result import show_result
from pages.parts.evaluate.subject import Subject
from pages.parts.evaluate.views import QUIZ_NUMBER
from pages.parts.gallery import data_uri

_STATES = "quiz-states"

_CSS = """
<style>
.cnn-lab-quiz { display: block; width: min(100%, 18rem); aspect-ratio: 1; object-fit: contain;
  image-rendering: pixelated; border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35); margin-inline: auto; }
.cnn-lab-quiz.is-fine { image-rendering: auto; }
</style>
"""
# Larger images are photographs: their pixels are no squares that one should see.
_CRISP_UP_TO = 64


def quiz(subject: Subject) -> Sequence[int]:
    """Let a person name hard images one by one, and compare with the network; returns the images of the result."""
    answers, images = subject.predictions(), cached.test_images(subject.run)
    if images is None:
        st.info("Without its images there is no quiz. The other views show what can be said without them.")
        return ()
    seed = _seed()
    states: dict[tuple[str, int, int], QuizState] = st.session_state.setdefault(_STATES, {})
    key = (subject.run.id, subject.run.evaluated_ns, seed)
    state = states.get(key)
    if state is None:
        drawn = draw_quiz(answers, len(subject.class_names), seed).tolist()
        _start(seed, len(drawn), lambda: states.update({key: QuizState(tuple(drawn), [])}))
    elif state.is_over:
        show_result(state, answers, images, subject)
        with st.container(horizontal=True):
            st.button("Start again", icon=":material/replay:", on_click=lambda: states.pop(key, None))
            _new_quiz_button()
        return state.images
    else:
        _question(state, answers, images, subject)
        _new_quiz_button(type="tertiary")
    return ()


def _seed() -> int:
    text = st.query_params.get(QUIZ_NUMBER)
    seed = None if text is None else parse_seed(text)
    if seed is None:
        seed = new_seed()
        why = None if text is None else f"there is no quiz “{shortened(text)}”, their numbers go from 0 to 9999"
        correct(QUIZ_NUMBER, str(seed), why)
    return seed


def _new_quiz_button(*, type: Literal["secondary", "tertiary"] = "secondary") -> None:
    st.button("New quiz", icon=":material/casino:", type=type, on_click=_take_new_seed, help="Other images")


def _take_new_seed() -> None:
    change({QUIZ_NUMBER: str(new_seed())})


def _start(seed: int, count: int, begin: Callable[[], None]) -> None:
    st.subheader(f"Can you beat it? {count} hard images", anchor=False)
    st.markdown(
        "Name what each image shows. After each answer you see the right label and what the network said. You cannot "
        "go back, and what you skip counts as wrong."
    )
    with st.container(horizontal=True):
        st.button("Start", type="primary", icon=":material/play_arrow:", on_click=begin, shortcut="N")
        _new_quiz_button()
    st.caption(
        "Hard are the images that this network gets wrong, and as many that it got right by the narrowest margin; the "
        "quiz draws from both, not too many of one class. So here the network does worse than on all test images."
    )
    st.caption(
        f"This is quiz {seed}. Its number is in the address: whoever opens that link gets the same images. Your "
        "answers stay while you look at other pages; a reload starts anew."
    )


def _question(state: QuizState, answers: Predictions, images: np.ndarray, subject: Subject) -> None:
    total, index = len(state.images), state.images[state.place]
    st.progress(len(state.given) / total, text=f"{state.place + 1} of {total}")
    picture, side = st.columns([5, 6], gap="medium")
    with picture:
        _show_image(images[index], f"Image {state.place + 1} of {total} of the quiz")
    with side:
        if state.is_answer_shown:
            show_answer(state, answers, subject.class_names)
        else:
            ask(state, subject.class_names)


def _show_image(image: np.ndarray, words: str) -> None:
    kind = "" if max(image.shape[:2]) <= _CRISP_UP_TO else " is-fine"
    st.html(_CSS + f'<img class="cnn-lab-quiz{kind}" src="{data_uri(image)}" alt="{html.escape(words)}">')
