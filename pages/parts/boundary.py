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
    """Keep an error of ours for :func:`toast_kept_error`: for callbacks in a fragment, which must not show anything."""
    try:
        yield
    except CnnLabError as error:
        st.session_state[_KEPT] = str(error)


def toast_kept_error() -> None:
    """Show the error that a callback has kept, once, as a toast. In the fragment or the page that it belongs to."""
    if error := st.session_state.pop(_KEPT, None):
        st.toast(plain(error), icon=":material/error:", duration="long")
