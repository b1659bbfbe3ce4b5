"""What changed in a figure since it was last shown: a chart that grows costs what is added, not what it has."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio

# How often everything is handed out to a reader who lost something: one that is slow may miss the next message, too.
_INSISTING = 3

# Versions are distinct among all figures: nobody takes the change of one for that of another.
_versions = itertools.count(1)


class FigureChanges:
    """Remembers what was handed out of a figure for one reader, who keeps it, and hands out the difference.

    A curve that grows keeps its beginning. So of each curve only the points after the last one that stayed as it was
    are handed out, and what is no point (colours, titles, axes) only when it changed.

    Attributes:
        version: Of the figure handed out last; 0: none was.
    """

    def __init__(self) -> None:
        self.version = 0
        self._still: str | None = None
        self._curves: list[np.ndarray | None] = []
        self._whole = 1

    def forget(self) -> None:
        """Hand out everything the next few times: the reader lost what it had."""
        self._whole = _INSISTING

    def next(self, figure: go.Figure | dict[str, Any]) -> dict[str, Any]:
        """The way from the figure handed out last to this one, as JSON can hold it.

        Args:
            figure: A figure, or its "data" and "layout", which nobody changes here.

        Returns:
            "version" of this figure, and "base": the version that the reader must have, 0: none. "curves", an entry a
            trace: "keep" is how many of its points stay, "x" and "y" those to be put behind them, float32,
            little-endian, in base64; ``None`` for a trace that is no curve of numbers. "still", only where it changed:
            the figure without these points, as JSON. Where nothing changed, "base" is the version itself.
        """
        still, curves = _taken_apart(figure)
        is_known = not self._whole and len(curves) == len(self._curves)
        self._whole = max(0, self._whole - 1)
        before = self._curves if is_known else [None] * len(curves)
        changes = [_change(old, new) for old, new in zip(before, curves, strict=True)]
        update: dict[str, Any] = {"base": self.version if is_known else 0, "curves": changes}
        if not is_known or still != self._still:
            update["still"] = still
        if not is_known or still != self._still or not all(map(_is_same, before, curves)):
            self.version = next(_versions)
        self._still, self._curves = still, curves
        return {"version": self.version, **update}


def _taken_apart(figure: go.Figure | dict[str, Any]) -> tuple[str, list[np.ndarray | None]]:
    """A figure without its template and the points of its curves, as JSON; and those points, (N, 2) float32 each."""
    parts = figure if isinstance(figure, dict) else figure.to_plotly_json()
    # The template is Plotly's own look, thousands of characters: the page has another.
    layout = {name: value for name, value in parts["layout"].items() if name != "template"}
    traces: list[dict[str, Any]] = []
    curves: list[np.ndarray | None] = []
    for trace, part in zip(figure["data"], parts["data"], strict=True):
        try:
            points = np.stack([np.asarray(trace[axis], np.float32) for axis in ("x", "y")], axis=1)
        except (KeyError, TypeError, ValueError):
            # No curve of numbers, such as a heatmap or names along an axis: it is handed out whole.
            curves.append(None)
            traces.append(part)
        else:
            curves.append(points)
            traces.append({name: value for name, value in part.items() if name not in ("x", "y")})
    return pio.to_json({"data": traces, "layout": layout}, validate=False), curves


def _change(old: np.ndarray | None, new: np.ndarray | None) -> dict[str, Any] | None:
    if new is None:
        return None
    keep = 0 if old is None else _common(old, new)
    added = new[keep:].astype("<f4")
    return {"keep": keep, "x": _encoded(added[:, 0]), "y": _encoded(added[:, 1])}


def _is_same(old: np.ndarray | None, new: np.ndarray | None) -> bool:
    if old is None or new is None:
        return old is new
    return len(old) == len(new) == _common(old, new)


def _common(old: np.ndarray, new: np.ndarray) -> int:
    """How many points both begin with."""
    count = min(len(old), len(new))
    # By their bits: NaN equals NaN.
    is_other = (old[:count].view(np.uint32) != new[:count].view(np.uint32)).any(axis=1)
    return int(np.argmax(is_other)) if is_other.any() else count


def _encoded(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
