"""Activation: each number of the map goes through a curve."""

from __future__ import annotations

import streamlit as st

from cnn_core.figures.activation import activation_figure
from cnn_core.learn.numbers import figure
from cnn_core.learn.sliding import strongest_place
from cnn_core.learn.window import Sliding
from pages.parts.learn.board import Sheet, board
from pages.parts.learn.drawing import Shown
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.place import look_at, place_asked
from pages.parts.learn.recap import recap
from pages.parts.learn.steps import choose_activation
from pages.parts.learn.views import WORK
from pages.parts.live_chart import live_chart

_TEXT = """
A convolution only multiplies and adds. Two of them in a row could be replaced by a single one, and so could a
hundred: many layers could do no more than one. So after each convolution every number of the map goes,
one by one, through a curve that is not a straight line: the **activation function**. The usual one, **ReLU**, keeps
what is positive and makes the rest 0. “Found” stays as strong as it was; “nothing here” and “the opposite of it”
become the same. What follows can then build on *found or not found*, instead of on sums alone. Each number is changed
by itself, so the map keeps its size.
"""

_TRIES = (
    Try(
        "Throw the negative away",
        "All orange is gone: of each edge only the side where it gets brighter is left.",
        {"activation": None},
    ),
    Try(
        "Let a little of it through",
        "With a slope of 0.3 the orange is still there, three tenths as strong.",
        {"activation": "leaky_relu", "slope": "0.3"},
    ),
    Try(
        "Squeeze everything",
        "Tanh: strong and very strong edges look nearly alike, nothing goes beyond 1.",
        {"activation": "tanh"},
    ),
)


def activation() -> Shown:
    """Show the view.

    Raises:
        RunError: The kernel is one that a run has learned, and the run has none.
        ConfigError: The kernel does not fit into the picture.
    """
    lesson("Decide what counts", _TEXT, _TRIES)
    with st.container(border=True, key=WORK):
        return _work()


def _work() -> Shown:
    chain = recap()
    before, after = chain.convolution.result, chain.activated
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choose_activation()
    row, column = place_asked(*before.shape, default=strongest_place(before))
    value, result = float(before[row, column]), float(after[row, column])
    limit = max(float(abs(before).max()), float(abs(after).max()), 1e-9)
    board(
        "activation",
        Sheet("Before", before, is_signed=True, limit=limit),
        Sheet(f"After {chain.activation.title}", after, is_signed=True, limit=limit),
        Sliding(*before.shape, 1),
        place=(row, column),
        key="board-activation",
        on_choose=look_at,
    )
    curve, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    with curve:
        alt = f"The curve of {chain.activation.title}: {figure(value)} becomes {figure(result)}"
        live_chart(activation_figure(chain.activation, chain.slope, value, limit), key="activation-curve", alt=alt)
    with words:
        st.latex(chain.activation.formula)
        st.markdown(chain.activation.why)
        st.markdown(f"Row {row + 1}, column {column + 1}: **{figure(value, 3)}** becomes **{figure(result, 3)}**.")
        kept = int((after != before).sum())
        st.caption(f"{kept:,} of {before.size:,} numbers were changed; the size stays {_size(before.shape)}.")
    return Shown(chain)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
