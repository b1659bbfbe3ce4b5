"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def one_page(items: Sequence[T], *, size: int, what: str, key: Hashable) -> Sequence[T]:
    """Let the user choose a page; the choice is hidden where there is but one.

    Args:
        items: At least one.
        size: Items on a page.
        what: Name of the items, such as "images".
        key: Identifies the list: another list starts at its first page.
    """
    pages = -(-len(items) // size)
    page = st.number_input(f"Page (of {pages})", 1, pages, key=f"page-{key}", width=160) if pages > 1 else 1
    first = (page - 1) * size
    shown = items[first : first + size]
    st.caption(f"{first + 1} to {first + len(shown)} of {len(items):,} {what}")
    return shown
