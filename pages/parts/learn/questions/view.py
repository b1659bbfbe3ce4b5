"""Questions about the picture and the kernel that are chosen; ``?q=7`` asks everybody the same ones.

The answers live in the session: a reload starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.learn.question_set import COUNT, LARGEST_SEED, Answers, draw_questions, other_seed
from cnn_core.learn.questions import Question
from pages.parts.address import change, whole_number
from pages.parts.learn.drawing import Shown
from pages.parts.learn.mode import TEXT, is_left_out
from pages.parts.learn.picture import is_not_in_address
from pages.parts.learn.questions.headline import headline
from pages.parts.learn.questions.one import ask, explain
from pages.parts.learn.recap import recap
from pages.parts.learn.views import QUIZ
from pages.parts.words import plain

_STATES = "learn-answers"
_FIRST_SEED = 1
_TEXT = f"""
Here are {COUNT} questions to think about, most of them about the picture and the kernel that are chosen. A rough sum in
your head or on paper is enough. After each answer all choices are explained. The wrong ones, too: each is a mistake
that many people make.
"""


def questions() -> Shown:
    """Show the view.

    Raises:
        RunError: The kernel is one that a run has learned, and the run has none.
        ConfigError: The kernel does not fit into the picture.
    """
    st.subheader("Could you explain it?", anchor=False)
    if not is_left_out(TEXT):
        st.markdown(_TEXT)
    with st.container(border=True):
        chain = recap()
        seed = whole_number(QUIZ, default=_FIRST_SEED, most=LARGEST_SEED)
        asked = draw_questions(chain, seed)
        answers = _answers(asked)
        headline(_where(asked, answers), key="question-headline")
        if answers.place == len(asked):
            _result(asked, answers)
        else:
            _question(asked, answers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "New questions",
            icon=":material/casino:",
            type="tertiary",
            on_click=_draw,
            args=(seed,),
            key="new-questions",
        )
        st.caption(_set_in_words(seed, is_own=is_not_in_address()))
    return Shown()


def _set_in_words(seed: int, *, is_own: bool) -> str:
    keys = "Keys: 1 to 4 choose an answer, N goes on."
    if is_own:
        return f"This is set {seed}. Your own picture is in no link: who opens this one gets other questions. {keys}"
    return f"This is set {seed}. Who opens the link gets the same questions, for the same picture and kernel. {keys}"


def _answers(asked: Sequence[Question]) -> Answers:
    """The answers to exactly these questions."""
    states: dict[tuple[object, ...], Answers] = st.session_state.setdefault(_STATES, {})
    return states.setdefault(tuple((question.text, question.choices) for question in asked), Answers())


def _where(asked: Sequence[Question], answers: Answers) -> str:
    place = answers.place
    if place == len(asked):
        return "All questions are answered"
    words = f"Question {place + 1} of {len(asked)}"
    if not answers.is_explained:
        return words
    return f"{words}: {'right' if asked[place].choices[answers.given[place]].is_right else 'not quite'}"


def _question(asked: Sequence[Question], answers: Answers) -> None:
    place = answers.place
    st.progress(len(answers.given) / len(asked))
    if answers.is_explained:
        explain(asked[place], answers.given[place], key=f"question-{place}")
        st.button(
            "See the result" if place + 1 == len(asked) else "Next question",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=answers.go_on,
            shortcut="N",
            key="next-question",
        )
    else:
        ask(asked[place], lambda choice: answers.take(place, choice), key=f"question-{place}")


def _result(asked: Sequence[Question], answers: Answers) -> None:
    score = answers.score(asked)
    st.subheader(f"{score} of {len(asked)} right", anchor=False)
    st.markdown(_words(score, len(asked)))
    for number, (question, given) in enumerate(zip(asked, answers.given, strict=True), start=1):
        is_right = question.choices[given].is_right
        with st.expander(
            f"{number}. {plain(question.text)}", icon=":material/check:" if is_right else ":material/close:"
        ):
            explain(question, given, key=f"result-{number}", is_asked=False)
    st.button("Answer them again", icon=":material/replay:", on_click=_forget, args=(answers,), key="answer-again")


def _words(score: int, count: int) -> str:
    if score == count:
        return "All of them. You could explain it to somebody else; that is the best way to keep it."
    return "Open a question to read what is right and why. *See it* leads to where one can watch it happen."


def _forget(answers: Answers) -> None:
    answers.given.clear()
    answers.go_on()


def _draw(seed: int) -> None:
    change({QUIZ: str(other_seed(seed))})
