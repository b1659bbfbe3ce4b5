"""Pooling: of each window one number is kept."""

from __future__ import annotations

import streamlit as st

from cnn_core.learn.chain import Chain, moved_by
from cnn_core.learn.pooling import Direction
from cnn_core.learn.sliding import strongest_place
from pages.parts.learn.board import Sheet, board
from pages.parts.learn.drawing import Shown
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.place import look_at, place_asked
from pages.parts.learn.recap import recap
from pages.parts.learn.steps import choose_pooling, choose_shift
from pages.parts.learn.sums import show_pooling
from pages.parts.learn.views import MOVED, WORK
from pages.parts.words import percent, plain

_TEXT = """
A feature map says precisely where something was found, more precisely than an answer needs: a shoe is a shoe also two
pixels further to the left. **Pooling** lays a window on the map and keeps one number of it: the largest (was it found
anywhere in here?) or the mean (how much of it is in here?). Usually the window moves by its own width, so a window of
2×2 leaves a quarter of the numbers. What follows has less to compute, and each of its own windows sees more of the
picture. Pooling has nothing to learn. It also makes a network calmer: when the picture moves a little, the largest
number often stays in the same window.
"""

_TRIES = (
    Try(
        "Keep the strongest of four",
        "The marked number of each window is all that goes on.",
        {"pooling": None, "window": None, "pool_stride": None},
    ),
    Try(
        "Take the mean instead",
        "Thin lines fade: three zeros beside a strong number pull it down.",
        {"pooling": "average", "window": None, "pool_stride": None},
    ),
    Try(
        "Move the picture by one pixel",
        "Compare the two percentages below: how much of the map changes, and how much of the pooled map.",
        {"pooling": None, "window": "3", "pool_stride": "3", "shift": "right"},
        MOVED,
    ),
)


def pooling() -> Shown:
    """Show the view.

    Raises:
        RunError: The kernel is one that a run has learned, and the run has none.
        ConfigError: A window does not fit.
    """
    lesson("Keep what matters, drop where exactly", _TEXT, _TRIES)
    with st.container(border=True, key=WORK):
        return _work()


def _work() -> Shown:
    still = recap()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choose_pooling()
        direction = choose_shift()
    chain = still.moved(direction) if direction else still
    pooled = chain.pooled
    place = place_asked(*pooled.result.shape, default=strongest_place(pooled.result))
    is_signed = bool((pooled.values < 0).any() or (chain.convolution.result < 0).any())
    limit = max(float(abs(pooled.values).max()), 1e-9) if is_signed else None
    board(
        chain.kind,
        Sheet(f"Feature map after {chain.activation.title}", pooled.values, is_signed, limit),
        Sheet("Pooled", pooled.result, is_signed, limit),
        pooled.sliding,
        place=place,
        key="board-pooling",
        on_choose=look_at,
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**The window at row {place[0] + 1}, column {place[1] + 1} of the pooled map**")
        show_pooling(pooled.step(*place))
        st.caption(f"Size: {plain(pooled.sliding.size_in_words)}.")
    with right, st.container(key=MOVED):
        _show_moved(still, chain, direction)
    return Shown(chain)


def _show_moved(still: Chain, chain: Chain, direction: Direction | None) -> None:
    st.markdown("**What a pixel's move changes**")
    if direction is None:
        st.caption("Move the picture by one pixel, with the arrows above the maps, and compare.")
        return
    moved = moved_by(still, chain)
    with st.container(horizontal=True):
        st.metric("Feature map changes by", percent(moved.feature_map), border=True)
        st.metric("Pooled map changes by", percent(moved.pooled), border=True)
    st.caption("The sum of all differences, place by place, as a share of the sum of all numbers (signs left aside).")
