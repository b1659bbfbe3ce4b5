"""A range of confidence, in step with the address: ``?low=50&high=80``, in per cent."""

from __future__ import annotations

import streamlit as st

from pages.parts.address import whole_number

_KEY, _LOW, _HIGH = "confidence", "low", "high"
_LEAST, _MOST = 0, 100


def choose_confidence() -> tuple[float, float]:
    """A slider with two ends.

    Returns:
        The least and the highest confidence, in [0, 1]. What is no range in the address counts as the whole.
    """
    low, high = _percent(_LOW, _LEAST), _percent(_HIGH, _MOST)
    st.session_state[_KEY] = (low, high) if low <= high else (_LEAST, _MOST)
    low, high = st.slider("How sure it was", _LEAST, _MOST, key=_KEY, format="%d %%", on_change=_write_to_address)
    return low / 100, high / 100


def _percent(parameter: str, default: int) -> int:
    return min(whole_number(parameter, default=default), _MOST)


# By hand: Streamlit's own bind="query-params" has one parameter for both ends.
def _write_to_address() -> None:
    for parameter, value, default in zip((_LOW, _HIGH), st.session_state[_KEY], (_LEAST, _MOST), strict=True):
        if value != default:
            st.query_params[parameter] = str(value)
        elif parameter in st.query_params:
            del st.query_params[parameter]
