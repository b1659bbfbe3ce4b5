"""An error that a person can mend becomes a message; a bug crashes loudly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnn_core.errors import CnnLabError
from pages.parts.words import plain

_KEPT = "kept-error"
_FOR_FRAME = "kept-error-for-the-frame"
_MESSAGE = "kept-message"


@contextmanager
def errors_told() -> Iterator[None]:
    """Show an error of ours as a message, and leave the rest of the page alone.

    The frame wraps every page in it. Fragments, which run again by themselves outside the frame, wrap themselves.
    Where :func:`errors_toasted` has kept one, the page is drawn anew: the frame shows it.
    """
    try:
        yield
    except CnnLabError as error:
        st.error(plain(str(error)), icon=":material/error:")
    if kept := st.session_state.pop(_KEPT, None):
        st.session_state[_FOR_FRAME] = kept
        st.rerun()


@contextmanager
def errors_toasted() -> Iterator[None]:
    """Let an error of ours become a toast: for callbacks, whose place on the page is drawn anew a moment later."""
    try:
        yield
    except CnnLabError as error:
        st.session_state[_KEPT] = str(error)


def toast_later(words: str) -> None:
    """Show a toast in the next full run of the page; for callbacks, whose own toasts are lost when it is drawn anew."""
    st.session_state[_MESSAGE] = words


def toast_kept() -> None:
    """Show, once, what callbacks kept: an error, a message. For the frame, before it draws anything.

    A toast that a callback or a fragment shows itself is lost where the page is drawn anew right after.
    """
    kept = [st.session_state.pop(key, None) for key in (_KEPT, _FOR_FRAME)]
    for error in filter(None, kept):
        st.toast(plain(error), icon=":material/error:", duration="long")
    if words := st.session_state.pop(_MESSAGE, None):
        st.toast(plain(words), icon=":material/check:")
