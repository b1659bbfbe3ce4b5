"""A range of confidence, in step with the address: ``?low=50&high=80``, in per cent."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import change, correct, whole_number

_KEY, _LOW, _HIGH = "confidence", "low", "high"
_LEAST, _MOST = 0, 100


def choose_confidence() -> tuple[float, float]:
    """A slider with two ends.

    Returns:
        The least and the highest confidence, in [0, 1]. What is no range in the address counts as the whole.
    """
    low = whole_number(_LOW, default=_LEAST, most=_MOST)
    high = whole_number(_HIGH, default=_MOST, most=_MOST)
    if low > high:
        why = f"low, {low}, is above high, {high}"
        correct(_LOW, None, why)
        correct(_HIGH, None, why)
        low, high = _LEAST, _MOST
    st.session_state[_KEY] = (low, high)
    st.slider("How sure it was", _LEAST, _MOST, key=_KEY, format="%d%%", on_change=_write_to_address)
    return low / 100, high / 100


def _write_to_address() -> None:
    low, high = st.session_state[_KEY]
    change(
        {
            _LOW: None if low == _LEAST else str(low),
            _HIGH: None if high == _MOST else str(high),
            "page": None,
        }
    )
