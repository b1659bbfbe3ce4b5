"""Line charts as SVG: drawn here and now, so that a file needs no script to show them.

Colours are classes of the style sheet (``s0``, ``s1``, …), which has them for light and dark pages and for paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 560.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 10.0, 44.0
_TICKS = 5


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a chart.

    Attributes:
        name: In the legend; ``""``: not there.
        points: (N, 2) float64, in the order in which they are joined. Points that are not finite are left out.
        style: Classes of the style sheet.
        has_markers: Whether each point is marked.
    """

    name: str
    points: np.ndarray
    style: str
    has_markers: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis measures, and from where to where.

    Attributes:
        is_share: Whether its values are fractions, written in per cent.
    """

    label: str
    low: float
    high: float
    is_share: bool = True

    def ticks(self) -> list[float]:
        """Round values within the limits, about :data:`_TICKS` of them."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def worded(self, value: float) -> str:
        """A value as it stands at its tick."""
        return f"{100 * value:.4g}%" if self.is_share else f"{value:.4g}"


def limits(values: np.ndarray, label: str, *, is_share: bool, from_zero: bool = False) -> Axis:
    """An axis that shows all finite values with a little room around them.

    Shares never leave [0, 1], unless some values do: those are shown as they are.

    Args:
        values: Any number of them, of less than 1e300.
        label: What they are.
        is_share: Whether they are fractions.
        from_zero: Whether 0 is shown too.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    low = min(low, 0.0) if from_zero else low
    # Around a large number the room must be large, too.
    room = 0.05 * (high - low) or max(0.5, 0.05 * abs(high))
    bottom, top = (low if from_zero else low - room), high + room
    if is_share and 0 <= low <= high <= 1:
        bottom, top = max(bottom, 0.0), min(top, 1.0)
    return Axis(label, bottom, top, is_share)


def line_chart(title: str, description: str, lines: Sequence[Line], x: Axis, y: Axis, *, note: str = "") -> Markup:
    """A chart with its caption and legend, as a ``<figure>``. All texts are escaped.

    Args:
        title: In the caption.
        description: What the chart shows, for those who do not see it.
        lines: From back to front.
        x: From left to right.
        y: From bottom to top.
        note: In the caption, behind the title.
    """
    parts = [*_grid(x, y), *(_drawn(line, x, y) for line in lines)]
    legend = "".join(
        f'<li><svg viewBox="0 0 22 8" aria-hidden="true"><path class="line {escape(line.style)}" d="M1 4H21"/></svg>'
        f"{escape(line.name)}</li>"
        for line in lines
        if line.name
    )
    return Markup(
        f'<figure class="chart"><figcaption><strong>{escape(title)}</strong> {escape(note)}</figcaption>'
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(description)}">'
        f"{''.join(parts)}</svg>" + (f'<ul class="legend">{legend}</ul>' if legend else "") + "</figure>"
    )


def _grid(x: Axis, y: Axis) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in x.ticks():
        at = _x(value, x)
        parts.append(f'<path class="grid" d="M{at:.1f} {_TOP:g}V{bottom:g}"/>')
        parts.append(f'<text class="middle" x="{at:.1f}" y="{bottom + 16:g}">{x.worded(value)}</text>')
    for value in y.ticks():
        at = _y(value, y)
        parts.append(f'<path class="grid" d="M{_LEFT:g} {at:.1f}H{right:g}"/>')
        parts.append(f'<text class="end" x="{_LEFT - 6:g}" y="{at + 4:.1f}">{y.worded(value)}</text>')
    middle = (_TOP + bottom) / 2
    parts.append(f'<text class="middle" x="{(_LEFT + right) / 2:g}" y="{_HEIGHT - 8:g}">{escape(x.label)}</text>')
    parts.append(
        f'<text class="middle" transform="translate(12 {middle:g}) rotate(-90)">{escape(y.label)}</text>',
    )
    return parts


def _drawn(line: Line, x: Axis, y: Axis) -> str:
    points = line.points[np.isfinite(line.points).all(axis=1)]
    if not len(points):
        return ""
    places = [(_x(a, x), _y(b, y)) for a, b in points.tolist()]
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    style = escape(line.style)
    circles = "".join(f'<circle class="{style}" cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>' for a, b in places)
    return f'<path class="line {style}" d="M{path}"/>' + (circles if line.has_markers else "")


def _x(value: float, axis: Axis) -> float:
    return _LEFT + (value - axis.low) / (axis.high - axis.low) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, axis: Axis) -> float:
    return _HEIGHT - _BOTTOM - (value - axis.low) / (axis.high - axis.low) * (_HEIGHT - _BOTTOM - _TOP)
