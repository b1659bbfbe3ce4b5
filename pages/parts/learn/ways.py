"""Buttons that open a view, set up in a certain way; where a teacher's link hides the view, they say so."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import Values
from pages.parts.learn.views import VIEWS


def way(
    label: str,
    view: str,
    *,
    key: str,
    see: str = "",
    icon: str = ":material/touch_app:",
    is_for_now: bool = False,
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
        choices: What it writes into the address; without any, the view opens as it was left.
    """
    is_shown = view in VIEWS.shown
    # A gap less: the button and its sentence are one.
    with st.container(gap="xxsmall"):
        st.button(
            label,
            icon=icon,
            disabled=not is_shown,
            on_click=VIEWS.open,
            args=(view,),
            kwargs={"is_for_now": is_for_now, **choices},
            key=key,
            width="stretch",
        )
        if words := see if is_shown else f"The view “{view}” is not part of this link.":
            st.caption(words)
