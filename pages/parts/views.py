"""The two views of the Train page. Which one is shown lives in the address (``?view=setup``)."""

from __future__ import annotations

import streamlit as st

_PARAMETER = "view"
_VIEWS = {"setup": ":material/tune: Set up", "watch": ":material/monitoring: Watch"}


def choose_view(*, asked: str | None, default: str) -> str:
    """Let the user choose a view, in step with the address.

    Args:
        asked: The view that something on a page asks for, whatever the address says; ``None``: nothing does.
        default: The view where nothing names one.

    Returns:
        ``setup`` or ``watch``.
    """
    view = asked or st.query_params.get(_PARAMETER)
    view = view if view in _VIEWS else default
    st.session_state[_PARAMETER] = view
    if st.query_params.get(_PARAMETER) != view:
        st.query_params[_PARAMETER] = view
    st.segmented_control(
        "View",
        list(_VIEWS),
        format_func=_VIEWS.__getitem__,
        key=_PARAMETER,
        required=True,
        label_visibility="collapsed",
        on_change=_write_to_address,
    )
    return view


# By hand: Streamlit's own bind="query-params" would put the label into the address, not the name of the view.
def _write_to_address() -> None:
    st.query_params[_PARAMETER] = st.session_state[_PARAMETER]
