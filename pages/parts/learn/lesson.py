"""What a view teaches: a short text, and things to try, each with what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.address import Values
from pages.parts.learn.mode import TEXT, TRIES, is_left_out
from pages.parts.learn.views import WORK, choose
from pages.parts.reveal import reveal


@dataclass(frozen=True)
class Try:
    """Something to try.

    Attributes:
        label: What is done, on the button.
        see: One sentence: what to look at.
        choices: What it writes into the address.
        shown: The container in which one sees it, by its key: it is often below the fold.
    """

    label: str
    see: str
    choices: Mapping[str, Values]
    shown: str = WORK


def lesson(title: str, text: str, tries: Sequence[Try]) -> None:
    """Show the text, and beside it the buttons; without what a teacher's link leaves out."""
    is_told, is_tried = not is_left_out(TEXT), bool(tries) and not is_left_out(TRIES)
    if is_told and is_tried:
        words, beside = st.columns([3, 2], gap="large")
        with words:
            _tell(title, text)
        with beside:
            st.markdown("**Try this**")
            for number, one in enumerate(tries):
                _offer(one, f"try-{title}-{number}")
        return
    _tell(title, text if is_told else "")
    if is_tried:
        for number, (column, one) in enumerate(zip(st.columns(len(tries)), tries, strict=True)):
            with column:
                _offer(one, f"try-{title}-{number}")


def _tell(title: str, text: str) -> None:
    st.subheader(title, anchor=False)
    if text:
        st.markdown(text)


def _offer(one: Try, key: str) -> None:
    # A gap less: the button and its sentence are one.
    with st.container(gap="xxsmall"):
        st.button(
            one.label,
            icon=":material/touch_app:",
            on_click=_set_up,
            args=(one,),
            key=key,
            width="stretch",
        )
        st.caption(one.see)


def _set_up(one: Try) -> None:
    choose(**one.choices)
    reveal(one.shown)
