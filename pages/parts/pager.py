"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from pages.parts.address import change, correct, parsed_whole_number, shortened

T = TypeVar("T")

_PARAMETER = "page"


def one_page(
    items: Sequence[T], *, size: int, what: str, key: str, hint: str = "", is_in_address: bool = True
) -> Sequence[T]:
    """Let the user choose a page; the choice is hidden where there is but one.

    Args:
        items: At least one.
        size: Items on a page.
        what: Name of the items, such as "images".
        key: Unique on the page.
        hint: What one can do with the items, a sentence.
        is_in_address: Whether the page is in the address (``?page=2``). Whoever writes another list into the address
            takes the page away; elsewhere the page stays as long as the number of pages.
    """
    pages = -(-len(items) // size)
    # Of another length it is another control: a browser would keep a page that is not there.
    key = f"page-{key}-of-{pages}"
    page = _asked(pages) if is_in_address else 1
    if pages > 1:
        # Streamlit warns of a value that is set beside a default, which a pagination always has.
        if is_in_address and st.session_state.get(key, page) != page:
            st.session_state[key] = page
        on_change = _write_to_address if is_in_address else None
        page = st.pagination(pages, default=page, key=key, on_change=on_change or "rerun", args=(key,), width="stretch")
    first = (page - 1) * size
    shown = items[first : first + size]
    st.caption(f"{first + 1:,} to {first + len(shown):,} of {len(items):,} {what}" + (f". {hint}" if hint else ""))
    return shown


def _asked(pages: int) -> int:
    asked = st.query_params.get(_PARAMETER)
    if asked is None:
        return 1
    page = parsed_whole_number(asked)
    if page is not None and 1 <= page <= pages:
        return page
    # Beyond the end, as after a mark, the last page is nearest to what was meant.
    page = pages if page and page > pages else 1
    there_are = "there is 1 page" if pages == 1 else f"there are {pages:,} pages"
    correct(_PARAMETER, None if page == 1 else str(page), f"{there_are}, not a page “{shortened(asked)}”")
    return page


def _write_to_address(key: str) -> None:
    page = st.session_state[key]
    change({_PARAMETER: None if page == 1 else str(page)})
