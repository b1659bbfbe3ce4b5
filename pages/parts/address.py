"""Addresses inside the app, wherever it is mounted, and what is asked for in them.

Where a page's choices live in the address, the address is the one truth: each run of the page sets its widgets from it,
and a widget's callback writes it with :func:`change`. So Back and a copied link show what the address says. Streamlit's
own ``bind="query-params"`` would make an entry of the browser's history for each parameter that a callback sets, and
none for a choice by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from pages.parts.words import plain

_CORRECTIONS = "corrections-of-the-address"
# So much of what somebody has put into an address is told back.
_TOLD_LETTERS = 20

T = TypeVar("T", bound=str)
Values = str | Sequence[str] | None


def rooted(path: str) -> str:
    """The absolute path of something inside the app: ``evaluate`` → ``/evaluate``, or ``/lab/evaluate`` behind a proxy.

    Args:
        path: Without a slash in front.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def change(changes: Mapping[str, Values]) -> None:
    """Write several parameters at once: one entry of the browser's history; for callbacks.

    Args:
        changes: ``None`` or nothing in a sequence takes the parameter away; the others stay as they are.
    """
    before: dict[str, Values] = {key: _as_written(st.query_params.get_all(key)) for key in st.query_params}
    after = {
        **before,
        **{key: value if isinstance(value, str) else _as_written(value) for key, value in changes.items()},
    }
    after = {key: value for key, value in after.items() if value is not None}
    if after != before:
        st.query_params.from_dict(after)


def _as_written(values: Sequence[str] | None) -> Values:
    return None if not values else values[0] if len(values) == 1 else list(values)


def correct(parameter: str, value: Values, why: str | None = None) -> None:
    """Put into the address what is shown instead of what it asks for, and say so, at the end of this run of the page.

    Args:
        parameter: Its name.
        value: What is shown instead; ``None``: the parameter goes.
        why: What is wrong with it, to be read after a colon; plain text. ``None``: nothing was asked for.
    """
    values, reasons = st.session_state.setdefault(_CORRECTIONS, ({}, []))
    values[parameter] = value
    if why and why not in reasons:
        reasons.append(why)


@contextmanager
def corrections_told() -> Iterator[None]:
    """Collect what :func:`correct` is told of while a page is drawn; then correct the address and say why."""
    st.session_state.pop(_CORRECTIONS, None)
    yield
    values, reasons = st.session_state.pop(_CORRECTIONS, ({}, []))
    if values:
        change(values)
    if reasons:
        words = f"The address was corrected: {'; '.join(reasons)}."
        st.toast(plain(words), icon=":material/link_off:", duration="long")


def one_of(parameter: str, options: Sequence[T], *, default: T) -> T:
    """Which of some names is asked for; the default where there is none. Another one is corrected."""
    asked = st.query_params.get(parameter)
    for option in options:
        if option == asked:
            return option
    if asked is not None:
        correct(parameter, None, f"there is no {parameter.replace('_', ' ')} “{shortened(asked)}”")
    return default


def whole_number(parameter: str, *, default: int, least: int = 0, most: int = 999_999_999) -> int:
    """Which whole number is asked for; the default where there is none. Another one is corrected."""
    asked = st.query_params.get(parameter)
    if asked is None:
        return default
    found = parsed_whole_number(asked)
    if found is not None and least <= found <= most:
        return found
    correct(parameter, None, f"{parameter} goes from {least:,} to {most:,}, not “{shortened(asked)}”")
    return default


def decimal_number(parameter: str, *, default: float, least: float, most: float) -> float:
    """Which number is asked for, such as 0.25; the default where there is none. Another one is corrected."""
    asked = st.query_params.get(parameter)
    if asked is None:
        return default
    is_number = len(asked) < 10 and asked.isascii() and asked.replace(".", "", 1).isdecimal()
    if is_number and least <= float(asked) <= most:
        return float(asked)
    correct(parameter, None, f"{parameter} goes from {least:g} to {most:g}, not “{shortened(asked)}”")
    return default


def parsed_whole_number(text: str) -> int | None:
    """The whole number, at least 0, that a text is; ``None`` where it is none, or one of more than nine digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def shortened(text: str) -> str:
    """What somebody has put into the address, as long as one reads it."""
    return text if len(text) <= _TOLD_LETTERS else text[: _TOLD_LETTERS - 1] + "…"
