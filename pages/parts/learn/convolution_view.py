"""Convolution by hand: a picture, a kernel, and every sum."""

from __future__ import annotations

import streamlit as st

from cnn_core.learn.sliding import largest_place
from pages.parts.learn.board import Sheet, board
from pages.parts.learn.drawing import Shown
from pages.parts.learn.kernel import choose_kernel, choose_learned, chosen_kernel, edit, tell_problem
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.picture import choose_picture, default_dataset
from pages.parts.learn.place import look_at, place_asked
from pages.parts.learn.steps import chain_of, choose_sliding
from pages.parts.learn.sums import show_step
from pages.parts.learn.views import WORK
from pages.parts.words import plain

_TEXT = """
To a computer a picture is a table of numbers; here 0 is black and 1 is white. A **convolution** lays a small window
on it. Each number in the window is multiplied by the weight that lies on it, and the products are added up: one
number comes out. The table of weights is the **kernel**. The sum is large where the picture looks like the kernel,
near 0 where it does not, and negative where it looks like the opposite. Then the window moves on, by one pixel or by
more: that is the **stride**. **Padding** puts zeros around the picture, so that the window gets to its border. All sums
together are a **feature map**: it says where something was found. A network learns its weights from examples.

:small[Mathematicians turn the kernel around first. Networks do not: strictly speaking, this is a cross-correlation.]
"""


def _tries() -> list[Try]:
    name = default_dataset()
    # The first training image of Fashion-MNIST is an ankle boot.
    thing = "a shoe" if name == "fashion-mnist" else "a picture"
    plainly = {"numbers": None, "filter": None, "stride": None, "padding": None}
    first = {"picture": name, "image": None}
    return [
        Try(
            f"Find vertical edges in {thing}",
            "Blue where it gets brighter from left to right, orange with a minus where it gets darker.",
            {**plainly, **first, "kernel": None},
        ),
        Try(
            "Turn the kernel, find the others",
            "The same numbers, turned: now only what runs from left to right lights up.",
            {**plainly, "kernel": "sobel-horizontal"},
        ),
        Try(
            "Take every third place only",
            "With stride 3 a ninth of the sums is left, and the map is a third as wide.",
            {"stride": "3", "padding": None},
        ),
    ]


def convolution() -> Shown:
    """Show the view.

    Raises:
        RunError: The kernel is one that a run has learned, and the run has none.
        ConfigError: The kernel does not fit into the picture.
    """
    lesson("Slide a kernel over a picture", _TEXT, _tries())
    with st.container(border=True, key=WORK):
        return _work()


def _work() -> Shown:
    left, right = st.columns([4, 7], gap="medium")
    with left:
        picture = choose_picture()
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            choose_kernel()
            choose_sliding()
        choose_learned()
        kernel = chosen_kernel()
        st.caption(plain(f"{kernel.title}: {kernel.why}"))
    chain = chain_of(picture, kernel)
    result = chain.convolution
    place = place_asked(*result.result.shape, default=largest_place(result.result))
    tell_problem()
    board(
        "convolution",
        Sheet("Picture", chain.values, is_signed=False),
        Sheet("Feature map", result.result, is_signed=kernel.has_negatives),
        result.sliding,
        place=place,
        key="board-convolution",
        on_choose=look_at,
        weights=kernel.weights,
        on_edit=edit if kernel.is_editable else None,
    )
    row, column = place
    st.markdown(f"**The sum at row {row + 1}, column {column + 1}**")
    show_step(result.step(row, column), kernel.title)
    st.caption(f"Numbers are rounded here, not in the sum. Size: {plain(result.sliding.size_in_words)}.")
    return Shown(chain)
