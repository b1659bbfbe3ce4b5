"""A question: what belongs to it, its choices as buttons, and every choice explained once one is taken."""

from __future__ import annotations

import html
from collections.abc import Callable

import streamlit as st

from cnn_core.figures.map_picture import map_picture
from cnn_core.learn.questions import Choice, Question, Shown
from pages.parts.gallery import data_uri
from pages.parts.learn.sums import SUMS_CSS, number_table
from pages.parts.learn.views import ACTIVATION, ANSWER, CONVOLUTION, POOLING
from pages.parts.learn.ways import way
from pages.parts.words import plain

_VIEWS = {"convolution": CONVOLUTION, "activation": ACTIVATION, "pooling": POOLING, "answer": ANSWER}
_CSS = """
<style>
.cnn-lab-asked { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.cnn-lab-asked figure { margin: 0; max-width: 100%; overflow-x: auto; }
.cnn-lab-asked figcaption { font-size: .8rem; opacity: .85; margin-bottom: .25rem; }
.cnn-lab-asked img { display: block; width: 148px; height: 148px; object-fit: contain; image-rendering: pixelated;
  border-radius: .25rem; outline: 1px solid rgba(128, 128, 148, .5); background: light-dark(#FFFFFF, #14151F); }
ul.cnn-lab-choices { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
ul.cnn-lab-choices li { margin: 0; padding: .5rem .75rem; border-radius: .5rem; line-height: 1.45;
  border: 1px solid rgba(128, 128, 148, .4); border-left-width: 5px; overflow-wrap: anywhere; }
ul.cnn-lab-choices li.right { border-left-color: #0C9E78; }
ul.cnn-lab-choices li.taken { background: rgba(128, 128, 148, .12); }
ul.cnn-lab-choices b { display: block; }
ul.cnn-lab-choices em { font-style: normal; font-weight: 400; font-size: .85rem; opacity: .85; }
</style>
"""


def ask(question: Question, on_answer: Callable[[int], None], *, key: str) -> None:
    """Show a question and its choices, to be answered by mouse or with the keys 1 to 4.

    Args:
        question: The question.
        on_answer: Called with the place of the choice that was taken.
        key: Unique on the page.
    """
    _tell(question)
    with st.container(gap="xsmall"):
        for place, choice in enumerate(question.choices):
            st.button(
                plain(choice.text),
                key=f"{key}-{place}",
                on_click=on_answer,
                args=(place,),
                shortcut=str(place + 1),
                width="stretch",
            )


def explain(question: Question, given: int, *, key: str, is_asked: bool = True) -> None:
    """Show every choice with its explanation, which one was taken, and the way to where one sees it.

    Args:
        question: The question.
        given: The place of the choice that was taken.
        key: Unique on the page.
        is_asked: Whether the question itself is shown, too.
    """
    if is_asked:
        _tell(question)
        if question.choices[given].is_right:
            st.success("Right.", icon=":material/check:")
        else:
            st.error(plain(f"Not quite: it is {question.right.text}."), icon=":material/close:")
    items = "".join(_explained(choice, is_taken=place == given) for place, choice in enumerate(question.choices))
    st.html(f'{_CSS}<ul class="cnn-lab-choices" aria-label="All choices, explained">{items}</ul>')
    place = question.see.place
    at = {} if place is None else {"at": f"{place[0] + 1}.{place[1] + 1}"}
    with st.container(width=260):
        way(
            "See it",
            _VIEWS[question.see.station],
            key=f"{key}-see",
            icon=":material/visibility:",
            # The questions are about the picture and the kernel that are chosen: they would become others.
            is_for_now=True,
            **{"at": None, **question.see.changes, **at},
        )


def _tell(question: Question) -> None:
    st.markdown(f"**{plain(question.text)}**")
    if question.shown:
        parts = "".join(map(_shown, question.shown))
        st.html(f'{SUMS_CSS}{_CSS}<div class="cnn-lab-asked cnn-lab-sums">{parts}</div>')


def _shown(shown: Shown) -> str:
    if shown.is_table:
        return number_table(shown.title, shown.values, is_signed=shown.is_signed)
    rows, columns = shown.values.shape
    alt = html.escape(f"{shown.title}, {columns}×{rows}")
    address = data_uri(map_picture(shown.values, is_signed=shown.is_signed))
    caption = f"<figcaption>{html.escape(shown.title)}</figcaption>"
    return f'<figure>{caption}<img src="{address}" alt="{alt}"></figure>'


def _explained(choice: Choice, *, is_taken: bool) -> str:
    mark = "✓" if choice.is_right else "✗"
    told = " <em>(your answer)</em>" if is_taken else ""
    kinds = " ".join(name for name, holds in (("right", choice.is_right), ("taken", is_taken)) if holds)
    return f'<li class="{kinds}"><b>{mark} {html.escape(choice.text)}{told}</b>{html.escape(choice.why)}</li>'
