"""A question of the quiz: its buttons, and what is told once one is pressed."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.quiz import QuizState, feedback
from pages.parts.words import plain

# More buttons than that are slower to read than a list.
_MOST_BUTTONS = 12
_KEYS = "1234567890"


def ask(state: QuizState, class_names: tuple[str, ...]) -> None:
    """Let the person name the image, by mouse or by keyboard."""
    image = state.images[state.place]
    st.markdown("**What is it?**")
    if len(class_names) <= _MOST_BUTTONS:
        _buttons(state, image, class_names)
    else:
        _list(state, image, class_names)
    st.button(
        "Skip",
        type="tertiary",
        icon=":material/skip_next:",
        help="Counts as wrong",
        on_click=state.answer,
        args=(image, None),
    )


def _buttons(state: QuizState, image: int, class_names: tuple[str, ...]) -> None:
    # A digit is its own key.
    keys = class_names if all(name in set(_KEYS) for name in class_names) else _KEYS
    with st.container(horizontal=True):
        for label, name in enumerate(class_names):
            st.button(
                plain(name),
                key=f"quiz-{image}-{label}",
                on_click=state.answer,
                args=(image, label),
                shortcut=keys[label] if label < len(keys) else None,
            )


def _list(state: QuizState, image: int, class_names: tuple[str, ...]) -> None:
    label = st.selectbox(
        "Class",
        range(len(class_names)),
        index=None,
        format_func=lambda label: class_names[label],
        key=f"quiz-{image}",
        placeholder="Type or choose",
        label_visibility="collapsed",
    )
    st.button("Answer", type="primary", disabled=label is None, on_click=state.answer, args=(image, label))


def show_answer(state: QuizState, answers: Predictions, class_names: tuple[str, ...]) -> None:
    """Say what the image is by its label, and what the network said."""
    image, given = state.images[state.place], state.given[-1]
    person, network = feedback(image, given, answers, class_names)
    is_right = given == answers.labels[image]
    (st.success if is_right else st.error)(plain(person), icon=":material/check:" if is_right else ":material/close:")
    is_network_right = bool(answers.is_right[image])
    st.markdown(f":material/{'check' if is_network_right else 'close'}: {plain(network)}")
    is_last = len(state.given) == len(state.images)
    st.button(
        "See the result" if is_last else "Next image",
        type="primary",
        icon=":material/arrow_forward:",
        on_click=state.go_on,
        # Not Enter: it would be taken away from every link and button of the page.
        shortcut="N",
    )
