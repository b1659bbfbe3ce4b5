"""What a person decides by hand on a picture's way to the network: small controls under its stages."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnn_core.images.choices import AUTOMATIC, SMALLEST_CROP, Choices
from cnn_core.images.frame import Frame
from cnn_core.images.kind import Kind

_KINDS = {
    "auto": "Automatic",
    "photo": "A photo",
    "product": "A product shot",
    "drawing": "A drawing",
    "dataset": "Like the dataset's",
}
_FOREGROUNDS = {"auto": "Cut out", "all": "Whole picture"}
_POLARITIES = {"auto": "Automatic", "keep": "As it is", "turn": "Negative"}
_FILLS = {"auto": "Automatic", "filled": "Filled", "open": "Open"}
_TURNS = {0: "Upright", 90: "90° right", 180: "Upside down", 270: "90° left"}
_WHOLE = (0, 100)
# More than the smallest crop there is, so that no rounding makes it less.
_SMALLEST_PERCENT = 1 + round(100 * SMALLEST_CROP)


def choices_of(scope: str) -> Choices:
    """What is decided by hand for a picture; call it before :func:`adjust_by_hand`, which shows the controls.

    Args:
        scope: Identifies the picture in the session.
    """
    across, down = _value(scope, "across", _WHOLE), _value(scope, "down", _WHOLE)
    crop = None
    if (across, down) != (_WHOLE, _WHOLE):
        (left, right), (top, bottom) = _wide_enough(*across), _wide_enough(*down)
        crop = (left / 100, top / 100, right / 100, bottom / 100)
    return Choices(
        kind=_value(scope, "kind", AUTOMATIC.kind),
        foreground=_value(scope, "foreground", AUTOMATIC.foreground),
        polarity=_value(scope, "polarity", AUTOMATIC.polarity),
        fill=_value(scope, "fill", AUTOMATIC.fill),
        turn=_value(scope, "turn", AUTOMATIC.turn),
        crop=crop,
    )


def adjust_by_hand(scope: str, frame: Frame, kind: Kind | None) -> None:
    """Show the controls, those only that change something for a picture of this kind.

    Args:
        scope: Identifies the picture in the session.
        frame: What the dataset's images look like.
        kind: What the picture was taken for; ``None`` where nothing was found in it.
    """
    with st.expander("Adjust the steps by hand", icon=":material/tune:", key=f"by-hand-{scope}"):
        with st.container(horizontal=True, gap="small"):
            # Of photos for a dataset of photos nothing is cut out.
            if frame.background != "natural":
                _choice(scope, "kind", "What it is", _KINDS)
                if kind != "dataset":
                    _choice(scope, "foreground", "Foreground", _FOREGROUNDS)
                if kind != "drawing":
                    _choice(scope, "polarity", "Light and dark", _POLARITIES)
                if kind in ("drawing", None):
                    _choice(scope, "fill", "Outline", _FILLS)
            _choice(scope, "turn", "Turned", _TURNS)
        with st.container(horizontal=True, gap="small"):
            _range(scope, "across", "Crop, left to right")
            _range(scope, "down", "Crop, top to bottom")
        st.button(
            "Back to automatic",
            icon=":material/restart_alt:",
            disabled=choices_of(scope) == AUTOMATIC,
            on_click=_reset,
            args=(scope,),
            key=f"automatic-{scope}",
        )


def _key(scope: str, name: str) -> str:
    return f"by-hand-{name}-{scope}"


def _value(scope: str, name: str, otherwise: Any) -> Any:
    value = st.session_state.get(_key(scope, name), otherwise)
    return otherwise if value is None else value


def _choice(scope: str, name: str, label: str, options: dict[Any, str]) -> None:
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        key=_key(scope, name),
        persist_state="session",
        width=160,
    )


def _range(scope: str, name: str, label: str) -> None:
    st.slider(label, 0, 100, _WHOLE, format="%d %%", key=_key(scope, name), persist_state="session", width=330)


def _wide_enough(first: int, last: int) -> tuple[int, int]:
    """The two handles of a slider can meet, and between them there would be nothing."""
    if last - first >= _SMALLEST_PERCENT:
        return first, last
    first = min(first, 100 - _SMALLEST_PERCENT)
    return first, first + _SMALLEST_PERCENT


def _reset(scope: str) -> None:
    for name, value in (
        ("kind", AUTOMATIC.kind),
        ("foreground", AUTOMATIC.foreground),
        ("polarity", AUTOMATIC.polarity),
        ("fill", AUTOMATIC.fill),
        ("turn", AUTOMATIC.turn),
        ("across", _WHOLE),
        ("down", _WHOLE),
    ):
        st.session_state[_key(scope, name)] = value
