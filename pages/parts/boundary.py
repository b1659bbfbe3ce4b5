"""An error that a person can mend becomes a message; a bug crashes loudly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnn_core.errors import CnnLabError
from pages.parts.words import plain


@contextmanager
def errors_told() -> Iterator[None]:
    """Show an error of ours as a message, and leave the rest of the page alone.

    The frame wraps every page in it. Fragments, which run again by themselves outside the frame, wrap themselves.
    """
    try:
        yield
    except CnnLabError as error:
        st.error(plain(str(error)), icon=":material/error:")
