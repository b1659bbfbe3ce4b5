"""What a teacher's link leaves out of the page: ``?only=convolution.pooling&without=text.tries.pages``.

It belongs to no view, so it stays in the address whatever a pupil chooses on the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from pages.parts.address import correct, shortened

ONLY, WITHOUT = "only", "without"
# What can be left out.
TEXT, TRIES, PAGES = "text", "tries", "pages"
PARTS = (TEXT, TRIES, PAGES)


def shown_views(names: Sequence[str]) -> Sequence[str]:
    """Those of the views that the address leaves in, in their order; all of them where it names none."""
    asked = _listed(ONLY, [short_name(name) for name in names], "view")
    return [name for name in names if short_name(name) in asked] or names


def is_left_out(part: str) -> bool:
    """Whether the address leaves out that one of :data:`PARTS`."""
    return part in _listed(WITHOUT, PARTS, "part of the page")


def short_name(view: str) -> str:
    """What the address calls a view: "Why convolution?" is ``why-convolution``."""
    return re.sub(r"[^a-z0-9]+", "-", view.lower()).strip("-")


def in_address(words: Sequence[str]) -> str | None:
    """Several words as one parameter of the address; ``None`` where there are none."""
    return ".".join(words) or None


def _listed(parameter: str, known: Sequence[str], what: str) -> list[str]:
    asked = st.query_params.get(parameter)
    if asked is None:
        return []
    found = asked.split(".")
    kept = [word for word in known if word in found]
    for word in found:
        if word not in known:
            correct(parameter, in_address(kept), f"there is no {what} “{shortened(word)}” to show or leave out")
    return kept
