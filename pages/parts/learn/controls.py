"""Small widgets in step with the address: each shows what the address says, and writes what is chosen into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.parts.learn.views import choose

T = TypeVar("T")


def buttons(
    parameter: str, label: str, options: Sequence[T], value: T, *, default: T, words: Callable[[T], str] = str
) -> None:
    """A row of buttons, one of them chosen.

    Args:
        parameter: Of the address.
        label: What is chosen.
        options: What can be chosen.
        value: What the address says.
        default: What the address need not say.
        words: What a button says.
    """
    key = _key(parameter, value)
    st.segmented_control(
        label,
        options,
        format_func=words,
        key=key,
        required=True,
        on_change=_write,
        args=(parameter, key, default),
    )


def slider(parameter: str, label: str, least: float, most: float, value: float, *, default: float, help: str) -> None:
    """A slider in steps of 0.05 or 0.1."""
    key = _key(parameter, value)
    step = 0.1 if most > 1 else 0.05
    st.slider(label, least, most, step=step, key=key, help=help, on_change=_write, args=(parameter, key, default))


def _key(parameter: str, value: Any) -> str:
    key = f"learn-{parameter}"
    st.session_state[key] = value
    return key


def _write(parameter: str, key: str, default: Any) -> None:
    value = st.session_state[key]
    text = f"{value:g}" if isinstance(value, float) else str(value)
    choose(**{parameter: None if value == default else text})
