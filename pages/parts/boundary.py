"""An error that a person can mend becomes a message; a bug crashes loudly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnn_core.errors import CnnLabError
from pages.parts.words import plain

_KEPT = "kept-error"


@contextmanager
def errors_told() -> Iterator[None]:
    """Show an error of ours as a message, and leave the rest of the page alone.

    The frame wraps every page in it. Fragments, which run again by themselves outside the frame, wrap themselves.
    """
    try:
        yield
    except CnnLabError as error:
        st.error(plain(str(error)), icon=":material/error:")


@contextmanager
def errors_toasted() -> Iterator[None]:
    """Show an error of ours as a toast: for callbacks, whose place on the page is drawn anew a moment later."""
    try:
        yield
    except CnnLabError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")


@contextmanager
def errors_kept() -> Iterator[None]:
    """In a callback: keep an error of ours for :func:`tell_kept_error`, as what a callback draws has no place."""
    try:
        yield
    except CnnLabError as error:
        st.session_state[_KEPT] = str(error)


def tell_kept_error() -> None:
    """Show the error that a callback kept, once."""
    if error := st.session_state.pop(_KEPT, None):
        st.error(plain(error), icon=":material/error:")
