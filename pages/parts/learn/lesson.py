"""What a view teaches: a short text, and things to try, each with what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.address import Values
from pages.parts.learn.views import choose


@dataclass(frozen=True)
class Try:
    """Something to try.

    Attributes:
        label: What is done, on the button.
        see: One sentence: what to look at.
        choices: What it writes into the address.
    """

    label: str
    see: str
    choices: Mapping[str, Values]


def lesson(title: str, text: str, tries: Sequence[Try]) -> None:
    """Show the text, and beside it the buttons."""
    words, beside = st.columns([3, 2], gap="large")
    with words:
        st.subheader(title, anchor=False)
        st.markdown(text)
    with beside:
        st.markdown("**Try this**")
        for number, one in enumerate(tries):
            # A gap less: the button and its sentence are one.
            with st.container(gap="xxsmall"):
                st.button(
                    one.label,
                    icon=":material/touch_app:",
                    on_click=choose,
                    kwargs=dict(one.choices),
                    key=f"try-{title}-{number}",
                    width="stretch",
                )
                st.caption(one.see)
