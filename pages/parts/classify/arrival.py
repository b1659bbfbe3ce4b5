"""A picture that came in, before it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnn_core.images.decode import Picture


@dataclass(frozen=True)
class Arrival:
    """A picture that came in.

    Attributes:
        name: Its file's name, printable.
        key: Identifies its content and its name.
        read: Decodes it, in any thread; raises a PictureError where it is broken.
    """

    name: str
    key: str
    read: Callable[[], Picture]


def decoded(arrival: Arrival) -> Picture:
    """The picture, decoded once: a page runs again at every click.

    Raises:
        PictureError: It cannot be read.
    """
    return _decoded(arrival.key, _arrival=arrival)


# Up to 12 MB each.
@st.cache_resource(max_entries=8, show_spinner="Reading the picture…")
def _decoded(key: str, _arrival: Arrival) -> Picture:  # noqa: ARG001 - the cache's key
    return _arrival.read()
