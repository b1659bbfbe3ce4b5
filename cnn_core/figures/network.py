"""A network as a picture: from the image on the left to the classes on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from cnn_core.config import ModelConfig
from cnn_core.figures.network_columns import FORK, TIGHT, Column, columns_of
from cnn_core.figures.network_drawing import MIDDLE, Bar, Drawing, Point, Solid

# More columns than this have no room for a caption each: then the text under the pointer tells of them.
MOST_CAPTIONS = 11
# Units across: so many pixels on a page of that width.
_ACROSS = 1000.0
# Pixels below and above the line on which the captions hang.
_CAPTIONS, _NUMBERS, _ABOVE = 90, 20, 166
_GAP, _CAPTION_ACROSS = 26.0, 84.0
# More classes than this are told by a few dots.
_MOST_DOTS, _DOT_PIXELS = 10, 11.0


def network_figure(model: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> go.Figure:
    """Draw a network.

    Feature maps are boxes, as high as the root of the map's side and as wide as the root of their number; an orange
    frame is a kernel's window. Pooled maps are orange. Vectors are bars, dense layers green, as high as the logarithm
    of their length. A shortcut is an arc to the place where it is added. The colours of text are left to the page.

    Args:
        model: The network.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes.

    Returns:
        Figure without axes, 256 pixels high; a deep network has no captions and 186 pixels. The text under the pointer
        tells a block's settings, output shape, parameters and multiply-adds.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    columns = columns_of(model, input_shape, class_count)
    has_captions = len(columns) <= MOST_CAPTIONS
    gap, narrowest = (_GAP, _CAPTION_ACROSS) if has_captions else (_GAP / 2, _GAP)
    slots = [max(narrowest, column.across + gap) for column in columns]
    spare = max(0.0, _ACROSS - sum(slots)) / len(slots)
    pen, annotations, x = _Pen(Drawing(is_detailed=has_captions)), [], 0.0
    for column, slot in zip(columns, slots, strict=True):
        middle = x + (slot + spare) / 2
        pen.column(column, middle - column.across / 2)
        annotations.append(_caption(column, middle, has_captions=has_captions))
        x += slot + spare
    below = _CAPTIONS if has_captions else _NUMBERS
    hidden = {"visible": False, "fixedrange": True}
    return go.Figure(
        data=pen.drawing.traces(),
        layout={
            "height": _ABOVE + below,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "xaxis": {"range": [0, x], **hidden},
            "yaxis": {"range": [-below, _ABOVE], **hidden},
            "shapes": pen.drawing.shapes(),
            "annotations": annotations,
            "hovermode": "closest",
            "hoverdistance": 60,
            "hoverlabel": {"align": "left"},
            "dragmode": False,
            "showlegend": False,
        },
    )


def _caption(column: Column, x: float, *, has_captions: bool) -> dict[str, Any]:
    text = "<br>".join([f"<b>{column.title}</b>", *column.lines]) if has_captions else column.number
    return {
        "x": x,
        "y": 2,
        "text": text,
        "showarrow": False,
        "yanchor": "top",
        "font": {"size": 11},
        "hovertext": column.hover,
    }


@dataclass
class _Pen:
    """Draws column after column, and links each solid to the one before."""

    drawing: Drawing
    last: tuple[float, Solid] | None = None

    def column(self, column: Column, x: float) -> None:
        """Draw a column whose left edge lies at ``x``."""
        if column.classes:
            self._classes(column, x)
        if column.is_residual:
            self._residual(column, x)
            return
        for number, solid in enumerate(column.solids):
            if number == 0:
                self._link((x, MIDDLE), solid, column.window)
            x = self._put(x, solid, column) + TIGHT

    def _residual(self, column: Column, x: float) -> None:
        first, second, *pooled = column.solids
        fork = (x, MIDDLE)
        self._link(fork, first, column.window, has_head=False)
        self.drawing.arrow(fork, (x + FORK, MIDDLE))
        x = self._put(x + FORK, first, column)
        addition = (x + FORK, MIDDLE)
        self._link(addition, second, None, has_head=False)
        self.drawing.shortcut(fork, addition, max(first.top, second.top) + 14)
        self.drawing.arrow(addition, (x + 2 * FORK, MIDDLE))
        x = self._put(x + 2 * FORK, second, column)
        for solid in pooled:
            x = self._put(x + TIGHT, solid, column)

    def _put(self, x: float, solid: Solid, column: Column) -> float:
        self.drawing.solid(x, solid)
        self.drawing.hovers.append(((x + solid.across / 2, MIDDLE), column.hover))
        self.last = (x, solid)
        return x + solid.across

    def _link(self, tip: Point, solid: Solid, window: Point | None, *, has_head: bool = True) -> None:
        if self.last is None:
            return
        x, before = self.last
        if isinstance(before, Bar) or isinstance(solid, Bar):
            self.drawing.fan(before.exit(x), before.height, tip, solid.height)
        elif window is not None and self.drawing.is_detailed:
            self.drawing.window(x, before, window, tip)
        else:
            self.drawing.arrow(before.exit(x), tip, has_head=has_head)

    def _classes(self, column: Column, x: float) -> None:
        shown = min(column.classes, _MOST_DOTS)
        height = _DOT_PIXELS * (shown - 1)
        assert self.last is not None
        before_x, before = self.last
        self.drawing.fan(before.exit(before_x), before.height, (x, MIDDLE), height + _DOT_PIXELS)
        for number in range(shown):
            # Dots in the middle stand for the classes that are left out.
            kind = "more" if column.classes > _MOST_DOTS and number in (4, 5) else "class"
            self.drawing.markers.setdefault(kind, []).append((x, MIDDLE + height / 2 - number * _DOT_PIXELS))
        self.drawing.hovers.append(((x, MIDDLE), column.hover))
