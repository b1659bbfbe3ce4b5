"""The canvas: brush, eraser, undo, redo, clear, on light paper or on dark; and what is drawn on it as a picture."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cnn_core.images.decode import Picture, decode_picture
from pages.parts.classify.canvas import canvas_without_toolbar

# The name of the one picture that changes while one looks at it.
DRAWING = "your drawing"
PAPER_SIDE = 280
_PAPERS = {"Dark on light": ("#FFFFFF", "#111111"), "Light on dark": ("#111111", "#FFFFFF")}
_LIGHT = "Dark on light"
_STATE, _CANVAS = "drawing", "canvas"
_BRUSH, _ERASER = ":material/brush: Brush", ":material/ink_eraser: Eraser"
# As wide as the brush, it would leave the soft edges of a stroke.
_ERASER_WIDTH = 1.6

Stroke = dict[str, Any]


@dataclass
class _Drawing:
    """What a session has drawn.

    Attributes:
        strokes: As the canvas describes them, those of the eraser among them, in the colour of the paper.
        undone: Strokes that can be drawn again, the last undone last.
        image: The drawing as the canvas last sent it, a PNG in an address; ``None`` where it is empty.
        start: The strokes that the canvas is told to begin with.
        edition: Counts the beginnings: with a new one the canvas draws ``start`` anew.
        seen: The last message of the canvas that was taken over.
    """

    strokes: list[Stroke] = field(default_factory=list)
    undone: list[Stroke] = field(default_factory=list)
    image: str | None = None
    start: list[Stroke] = field(default_factory=list)
    edition: int = 0
    seen: Any = None

    def show(self, strokes: list[Stroke]) -> None:
        """Let the canvas show these strokes; it answers with their image."""
        self.strokes = self.start = strokes
        self.edition += 1
        if not strokes:
            self.image = None

    def take_over(self, message: Any) -> None:
        """What the canvas sent: a stroke more, or the echo of what it was told to show."""
        # Without an image it is no message, but what stands in for one until the canvas has been touched.
        if message is None or message["data"] is None or message == self.seen:
            return
        self.seen = message
        strokes = message["raw"].get("objects", [])
        if len(strokes) > len(self.strokes):
            self.undone = []
        self.strokes, self.image = strokes, message["data"]


def draw() -> list[Picture]:
    """Let a person draw; the page runs again after every stroke.

    The drawing stays over reruns and page switches, until it is cleared.

    Returns:
        The drawing, named :data:`DRAWING`; nothing while the paper is empty.
    """
    drawing: _Drawing = st.session_state.setdefault(_STATE, _Drawing())
    with st.container(width=PAPER_SIDE, gap="small"):
        tool = st.segmented_control(
            "Tool", [_BRUSH, _ERASER], default=_BRUSH, required=True, key="tool", label_visibility="collapsed"
        )
        _canvas(drawing, is_eraser=tool == _ERASER)
        _buttons(drawing)
        st.slider("Width of the stroke", 4, 40, 14, key="brush", persist_state="session")
        st.segmented_control(
            "Paper",
            list(_PAPERS),
            default=_LIGHT,
            required=True,
            key="paper",
            on_change=_change_paper,
            persist_state="session",
            label_visibility="collapsed",
        )
    return _picture(drawing)


def drawn() -> list[Picture]:
    """What :func:`draw` would return, without the canvas: what was drawn before, on any page."""
    return _picture(st.session_state.get(_STATE) or _Drawing())


def _canvas(drawing: _Drawing, *, is_eraser: bool) -> None:
    st_canvas = canvas_without_toolbar()
    if _CANVAS not in st.session_state:
        # It was not on the last page: it begins with what was drawn before.
        drawing.show(drawing.strokes)
        drawing.seen = None
    paper, ink = _PAPERS[st.session_state.get("paper") or _LIGHT]
    st_canvas(
        stroke_width=round(st.session_state.get("brush", 14) * (_ERASER_WIDTH if is_eraser else 1)),
        stroke_color=paper if is_eraser else ink,
        background_color=paper,
        height=PAPER_SIDE,
        width=PAPER_SIDE,
        drawing_mode="freedraw",
        initial_drawing={"objects": drawing.start, "edition": drawing.edition},
        return_image_data=True,
        key=_CANVAS,
    )
    drawing.take_over(st.session_state[_CANVAS].get("drawing"))


def _buttons(drawing: _Drawing) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, icon, act, is_possible in (
            ("Undo", "undo", _undo, drawing.strokes),
            ("Redo", "redo", _redo, drawing.undone),
            ("Clear", "delete", _clear, drawing.strokes),
        ):
            st.button(label, icon=f":material/{icon}:", disabled=not is_possible, on_click=act, key=f"draw-{label}")


def _undo() -> None:
    drawing: _Drawing = st.session_state[_STATE]
    drawing.undone.append(drawing.strokes[-1])
    drawing.show(drawing.strokes[:-1])


def _redo() -> None:
    drawing: _Drawing = st.session_state[_STATE]
    drawing.show([*drawing.strokes, drawing.undone.pop()])


def _clear() -> None:
    drawing: _Drawing = st.session_state[_STATE]
    drawing.undone = []
    drawing.show([])


def _change_paper() -> None:
    """Light paper becomes dark and the other way round, and all ink with it."""
    drawing: _Drawing = st.session_state[_STATE]
    (light, dark), _ = _PAPERS.values()
    swapped = {light: dark, dark: light}
    recoloured = [
        [{**stroke, "stroke": swapped.get(stroke["stroke"], stroke["stroke"])} for stroke in strokes]
        for strokes in (drawing.strokes, drawing.undone)
    ]
    drawing.undone = recoloured[1]
    drawing.show(recoloured[0])


def _picture(drawing: _Drawing) -> list[Picture]:
    if drawing.image is None:
        return []
    # A browser may send anything: it is read as carefully as a file.
    picture = decode_picture(base64.b64decode(drawing.image.partition("base64,")[2]), DRAWING)
    is_blank = (picture.rgb == picture.rgb[0, 0]).all()
    return [] if is_blank else [picture]
