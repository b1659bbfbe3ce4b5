"""How a person brings a picture. The way lives in the address (``?way=draw``), and stays while one looks elsewhere."""

from __future__ import annotations

import streamlit as st

_PARAMETER = "way"
_WAYS = {
    "drop": ":material/upload_file: Drop pictures",
    "camera": ":material/photo_camera: Camera",
    "test-image": ":material/casino: Test image",
    "draw": ":material/draw: Draw",
}


def choose_way() -> str:
    """Let the user choose a way, in step with the address.

    Returns:
        ``drop``, ``camera``, ``test-image`` or ``draw``.
    """
    # Links of earlier versions have capitals.
    asked = st.query_params.get(_PARAMETER, "").lower()
    kept = st.session_state.get(_PARAMETER)
    way = asked if asked in _WAYS else kept if kept in _WAYS else "drop"
    st.session_state[_PARAMETER] = way
    if st.query_params.get(_PARAMETER) != way:
        st.query_params[_PARAMETER] = way
    st.segmented_control(
        "How do you bring your picture?",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        key=_PARAMETER,
        required=True,
        on_change=_write_to_address,
        persist_state="session",
    )
    return way


# By hand: Streamlit's own bind="query-params" would put the label into the address, not the name of the way.
def _write_to_address() -> None:
    # What else is asked for belongs to the way before.
    kept = {name: st.query_params[name] for name in ("run",) if name in st.query_params}
    st.query_params.from_dict({**kept, _PARAMETER: st.session_state[_PARAMETER]})
