"""The pen of :mod:`cnn_core.figures.network`: boxes, bars, fans and arcs, collected into few Plotly shapes.

A unit of the vertical axis is a pixel. One of the horizontal axis is about a pixel on a page of 1000: a drawing is as
wide as its page, so what is to stay round is a marker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnn_core.figures.colours import MARK, SHORTCUT, VALIDATION, faded

Point = tuple[float, float]

# The height at which everything is centred.
MIDDLE = 76.0
# How far the far edge of a map lies to the right and up, as shares of its depth.
_RIGHT, _UP = 0.30, 0.22
# Lines so far apart show that a box is a stack of maps.
_PIXELS_A_MAP = 3.5
_NOTHING = "rgba(0,0,0,0)"


@dataclass(frozen=True)
class Box:
    """A stack of feature maps, seen obliquely: they stand upright, one behind the other from left to right.

    Attributes:
        height: Of a map.
        depth: Width of a map, which goes away from the viewer.
        width: Of the stack.
        colour: As ``#RRGGBB``.
    """

    height: float
    depth: float
    width: float
    colour: str

    @property
    def across(self) -> float:
        """Room it takes from left to right."""
        return self.width + _RIGHT * self.depth

    @property
    def top(self) -> float:
        """Its highest point."""
        return MIDDLE + (self.height + _UP * self.depth) / 2

    def on_last_map(self, x: float, away: float, up: float) -> Point:
        """A point of the rightmost map of a box at ``x``: (0, 0) is its lower near corner, (1, 1) the upper far one."""
        bottom = 2 * MIDDLE - self.top
        return x + self.width + away * _RIGHT * self.depth, bottom + up * self.height + away * _UP * self.depth

    def exit(self, x: float) -> Point:
        """Where a link to what follows begins."""
        return self.on_last_map(x, 0.5, 0.5)


@dataclass(frozen=True)
class Bar:
    """A vector, such as the values of a dense layer."""

    height: float
    width: float
    colour: str

    @property
    def across(self) -> float:
        """Room it takes from left to right."""
        return self.width

    @property
    def top(self) -> float:
        """Its highest point."""
        return MIDDLE + self.height / 2

    def exit(self, x: float) -> Point:
        """Where a link to what follows begins."""
        return x + self.width, MIDDLE


Solid = Box | Bar


@dataclass
class Drawing:
    """What was drawn so far. Paths of one style are one shape, so that a deep network stays cheap to show.

    Attributes:
        is_detailed: Whether there is room for what is small: lines between maps, heads of arrows.
    """

    is_detailed: bool = True
    # By level (the lower ones lie behind), fill, colour and width of the line.
    paths: dict[tuple[int, str, str, float], list[str]] = field(default_factory=dict)
    markers: dict[str, list[Point]] = field(default_factory=dict)
    hovers: list[tuple[Point, str]] = field(default_factory=list)

    def solid(self, x: float, solid: Solid) -> None:
        """A box or a bar whose left edge lies at ``x``."""
        if isinstance(solid, Box):
            self._box(x, solid)
            return
        low, high, end = 2 * MIDDLE - solid.top, solid.top, x + solid.width
        self._area([(x, low), (end, low), (end, high), (x, high)], faded(solid.colour, 0.6), solid.colour)

    def _box(self, x: float, box: Box) -> None:
        right, up, end = _RIGHT * box.depth, _UP * box.depth, x + box.width
        low, high = 2 * MIDDLE - box.top, box.top - up
        front = [(x, low), (end, low), (end, high), (x, high)]
        top = [(x, high), (end, high), (end + right, high + up), (x + right, high + up)]
        last = [box.on_last_map(x, away, height) for away, height in ((0, 0), (1, 0), (1, 1), (0, 1))]
        for face, opacity in ((front, 0.4), (top, 0.25), (last, 0.65)):
            self._area(face, faded(box.colour, opacity), box.colour)
        count = int(box.width / _PIXELS_A_MAP) if self.is_detailed else 0
        for at in (x + box.width * number / count for number in range(1, count)):
            self._line([(at, low), (at, high), (at + right, high + up)], faded(box.colour, 0.5), 0.7)

    def window(self, x: float, box: Box, share: Point, tip: Point) -> None:
        """A kernel's window on the last map (its shares of width and height), and lines to what it computes."""
        away, up = (part / 2 for part in share)
        corners = [box.on_last_map(x, 0.5 + i * away, 0.5 + j * up) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self._area(corners, faded(VALIDATION, 0.45), VALIDATION, level=2)
        for corner in corners:
            self._line([corner, tip], faded(VALIDATION, 0.55), 0.8, level=2)

    def fan(self, start: Point, start_height: float, end: Point, end_height: float) -> None:
        """All to all: a faint band between two upright edges, given by their middles and heights."""
        (x0, y0), (x1, y1) = start, end
        low, high = (y0 - start_height / 2, y1 - end_height / 2), (y0 + start_height / 2, y1 + end_height / 2)
        self._area([(x0, low[0]), (x1, low[1]), (x1, high[1]), (x0, high[0])], faded(MARK, 0.16), _NOTHING, level=0)

    def arrow(self, start: Point, end: Point, *, has_head: bool = True) -> None:
        """A thin line, with a head or without."""
        self._line([start, end], faded(MARK, 0.9), 1.2, level=0)
        if has_head and self.is_detailed:
            self.markers.setdefault("arrow", []).append((end[0] - 3, end[1]))

    def shortcut(self, start: Point, end: Point, height: float) -> None:
        """A line that leaves at ``start``, rises to ``height`` and comes down to the addition at ``end``."""
        (x0, y0), (x1, y1) = start, end
        bend = min(10.0, (x1 - x0) / 4)
        path = (
            f"M{x0:.1f},{y0:.1f}L{x0:.1f},{height - bend:.1f}Q{x0:.1f},{height:.1f} {x0 + bend:.1f},{height:.1f}"
            f"L{x1 - bend:.1f},{height:.1f}Q{x1:.1f},{height:.1f} {x1:.1f},{height - bend:.1f}L{x1:.1f},{y1 + 7:.1f}"
        )
        self.paths.setdefault((2, _NOTHING, SHORTCUT, 1.8), []).append(path)
        self.markers.setdefault("add", []).append(end)

    def shapes(self) -> list[dict[str, Any]]:
        """The paths as Plotly shapes, what lies behind first."""
        return [
            {
                "type": "path",
                "path": "".join(paths),
                "fillcolor": fill,
                "line": {"color": line, "width": width},
                "layer": "below",
            }
            for (_, fill, line, width), paths in sorted(self.paths.items(), key=lambda item: item[0][0])
        ]

    def traces(self) -> list[dict[str, Any]]:
        """Markers, which keep their form on a page of any width, and invisible ones that carry the hover text."""
        addition = {"symbol": "circle-cross-open", "size": 14 if self.is_detailed else 8, "line": {"width": 1.8}}
        looks: dict[str, dict[str, Any]] = {
            "arrow": {"symbol": "triangle-right", "size": 7, "color": MARK},
            "add": {**addition, "color": SHORTCUT},
            "class": {"symbol": "circle", "size": 8, "color": VALIDATION},
            "more": {"symbol": "circle", "size": 3, "color": VALIDATION},
        }
        traces = [
            {**_scatter(points), "hoverinfo": "skip", "marker": looks[kind]} for kind, points in self.markers.items()
        ]
        places = [place for place, _ in self.hovers]
        texts = {"text": [text for _, text in self.hovers], "hovertemplate": "%{text}<extra></extra>"}
        return [*traces, {**_scatter(places), **texts, "marker": {"size": 20, "color": _NOTHING}}]

    def _area(self, points: list[Point], fill: str, line: str, *, level: int = 1) -> None:
        self.paths.setdefault((level, fill, line, 1.0), []).append(f"{_path(points)}Z")

    def _line(self, points: list[Point], line: str, width: float, *, level: int = 1) -> None:
        self.paths.setdefault((level, _NOTHING, line, width), []).append(_path(points))


def _path(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _scatter(points: list[Point]) -> dict[str, Any]:
    x, y = ([point[axis] for point in points] for axis in (0, 1))
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "showlegend": False, "cliponaxis": False}
