"""Buttons that open a view, set up in a certain way; where a teacher's link hides the view, they say so."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import Values
from pages.parts.learn.views import VIEWS, WORK
from pages.parts.reveal import reveal

_BACK_TO = "learn-back-to"


def way(
    label: str,
    view: str,
    *,
    key: str,
    see: str = "",
    icon: str = ":material/touch_app:",
    is_for_now: bool = False,
    shown: str = WORK,
    back_to: str = "",
    **choices: Values,
) -> None:
    """Show a button that opens a view, and below it what to look at there.

    Args:
        label: On the button.
        view: Its name.
        key: Unique on the page.
        see: A sentence below the button; where the view is hidden, the reason stands there instead.
        icon: Beside the label.
        is_for_now: As for :meth:`TabViews.open`.
        shown: The container of that view in which one sees it, by its key.
        back_to: That of the view that is left, to which one comes back: see :func:`come_back`.
        choices: What it writes into the address; without any, the view opens as it was left.
    """
    is_shown = view in VIEWS.shown
    # A gap less: the button and its sentence are one.
    with st.container(gap="xxsmall"):
        st.button(
            label,
            icon=icon,
            disabled=not is_shown,
            on_click=_go,
            args=(view, shown, back_to),
            kwargs={"is_for_now": is_for_now, **choices},
            key=key,
            width="stretch",
        )
        if words := see if is_shown else f"The view “{view}” is not part of this link.":
            st.caption(words)


def come_back() -> None:
    """Bring into sight where one left this view by a button that has named it; once."""
    if key := st.session_state.pop(_BACK_TO, ""):
        reveal(key)


def _go(view: str, shown: str, back_to: str, *, is_for_now: bool, **choices: Values) -> None:
    VIEWS.open(view, is_for_now=is_for_now, **choices)
    st.session_state[_BACK_TO] = back_to
    reveal(shown)
