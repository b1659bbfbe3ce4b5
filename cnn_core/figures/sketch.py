"""A curve with a few marked points as a small SVG, for light pages and dark ones."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from cnn_core.figures.colours import TRAINING, VALIDATION

_WIDTH, _HEIGHT = 340.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 44.0, 14.0, 28.0
_TEXT = 'font-size="12.5" fill="currentColor"'

Point = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """A marked point of a curve, and what stands beside it."""

    at: Point
    words: str = ""


def sketch(curve: Sequence[Point], marks: Sequence[Mark], *, x: str, y: str, alt: str, is_path: bool = False) -> str:
    """Draw a curve, its axes named and without numbers.

    Args:
        curve: Points from left to right, at least two of different x and y.
        marks: On the curve, or near it.
        x: Name of the axis across.
        y: Name of the axis upwards.
        alt: What it shows, for those who do not see it.
        is_path: Whether the marks are joined by a line in their order.

    Returns:
        An SVG element.
    """
    scale = _Scale(curve)
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(scale.place, curve))
    parts = [
        f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" fill="none" stroke="currentColor" '
        'stroke-opacity=".45"/>',
        f'<polyline points="{line}" fill="none" stroke="{TRAINING}" stroke-width="3" stroke-linejoin="round"/>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle" {_TEXT}>'
        f"{html.escape(x)}</text>",
        f'<text transform="translate(17 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle" {_TEXT}>'
        f"{html.escape(y)}</text>",
    ]
    places = [scale.place(mark.at) for mark in marks]
    if is_path:
        way = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{VALIDATION}" stroke-width="1.5"/>')
    parts += [_marked(place, mark.words) for place, mark in zip(places, marks, strict=True)]
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{html.escape(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


class _Scale:
    """From the numbers of a curve to places in the drawing."""

    def __init__(self, curve: Sequence[Point]) -> None:
        across, up = [a for a, _ in curve], [b for _, b in curve]
        self._left, self._low = min(across), min(up)
        self._wide, self._high = max(across) - self._left, max(up) - self._low

    def place(self, point: Point) -> Point:
        a, b = (point[0] - self._left) / self._wide, (point[1] - self._low) / self._high
        return _LEFT + 6 + a * (_WIDTH - _LEFT - _RIGHT - 12), _HEIGHT - _BOTTOM - 6 - b * (
            _HEIGHT - _TOP - _BOTTOM - 12
        )


def _marked(place: Point, words: str) -> str:
    a, b = place
    dot = f'<circle cx="{a:.1f}" cy="{b:.1f}" r="5" fill="{VALIDATION}"/>'
    return dot + (f'<text x="{a + 10:.1f}" y="{b - 7:.1f}" {_TEXT}>{html.escape(words)}</text>' if words else "")
