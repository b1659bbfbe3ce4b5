"""Curves of the classes, each against all others: precision-recall and ROC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnn_core.figures.colours import MARK, SERIES, faded
from cnn_core.figures.text import as_text

Kind = Literal["precision-recall", "ROC"]

MOST_COLOURED = len(SERIES)
# More grey lines than this hide each other.
_MOST_DRAWN = 30
# Among many classes so many of the weakest are coloured, or drawn at all.
_WEAKEST = 5
# How much more than the distance of its bend from the corner shows the shape of a curve.
_AROUND_THE_BEND = 2.2
# A longer name is shortened in the legend.
_LONGEST_NAME = 28
# In pixels: a chart without its legend, and a line of that.
_HEIGHT, _LEGEND_ROW = 360, 19


@dataclass(frozen=True)
class ClassCurve:
    """The curve of a class.

    Attributes:
        name: Of the class.
        points: (M, 2), in the order in which they are drawn; M is 0 where the class has no curve of this kind.
        area: Below the curve, in [0, 1]; ``None`` where there is none.
    """

    name: str
    points: np.ndarray
    area: float | None


@dataclass(frozen=True)
class Shown:
    """Which classes a chart shows, by their places.

    Attributes:
        coloured: Those with a place in the legend, at most :data:`MOST_COLOURED`, and their colours. Where all classes
            can have a colour, each always has the same.
        grey: Named under the pointer only.
        words: What is grey and what is left out, as a sentence; empty where all curves are coloured.
    """

    coloured: dict[int, str]
    grey: tuple[int, ...]
    words: str

    @property
    def drawn(self) -> tuple[int, ...]:
        """All of them, the grey ones first: what comes later lies above."""
        return (*self.grey, *self.coloured)


def shown_classes(areas: Sequence[float | None], chosen: Sequence[int]) -> Shown:
    """Choose what to draw: all classes where they are few, else the chosen ones and the weakest.

    Args:
        areas: What the classes are ranked by, in the order of the labels; ``None``: the class has no curve.
        chosen: Classes to point out; so many as there are colours for are, the first ones first.
    """
    drawable = {place: area for place, area in enumerate(areas) if area is not None}
    weakest = sorted(sorted(drawable, key=drawable.__getitem__)[:_WEAKEST])
    pointed_out = [place for place in chosen if place in drawable][:MOST_COLOURED]
    is_chosen = bool(pointed_out)
    coloured = pointed_out or (list(drawable) if len(drawable) <= MOST_COLOURED else weakest)
    is_all_drawn = len(drawable) <= _MOST_DRAWN
    grey = tuple(place for place in (drawable if is_all_drawn else weakest) if place not in coloured)
    words = ""
    if not is_all_drawn:
        also = "the chosen ones, and in grey the" if is_chosen else "the"
        words = f"Drawn of {len(areas)} classes: {also} {_WEAKEST} with the lowest average precision."
    elif grey:
        which = "the classes that are not chosen" if is_chosen else f"all but the {_WEAKEST} weakest classes"
        words = f"Grey: {which}, named under the pointer."
    is_lasting = len(areas) <= MOST_COLOURED
    colours = {place: SERIES[place if is_lasting else number] for number, place in enumerate(coloured)}
    return Shown(colours, grey, words)


def class_curves_figure(
    kind: Kind, curves: Mapping[int, ClassCurve], shown: Shown, *, is_zoomed: bool = False
) -> dict[str, Any]:
    """Plot the curves, as what ``go.Figure`` takes.

    Args:
        kind: Which curves they are: recall and precision, or share of the others taken for the class and recall.
        curves: Of the classes that are drawn, by their places.
        shown: Which these are.
        is_zoomed: Show only the corner in which the curves bend, if they bend in one.

    Returns:
        "data" and "layout" of a figure. Grey curves lie below the coloured ones.
    """
    traces = [] if kind == "precision-recall" else [_guessing()]
    for place in shown.drawn:
        colour = shown.coloured.get(place)
        if colour is None:
            traces.append(_line(kind, curves[place], faded(MARK, 0.55), 1.1, in_legend=False))
        else:
            traces.append(_line(kind, curves[place], colour, 2.6 if shown.grey else 1.9, in_legend=True))
    return {
        "data": traces,
        "layout": _layout(kind, _corner(kind, curves) if is_zoomed else 1.0, _legend_height(curves, shown)),
    }


def _line(kind: Kind, curve: ClassCurve, colour: str, width: float, *, in_legend: bool) -> dict[str, Any]:
    name = as_text(curve.name)
    first, second = ("recall", "precision") if kind == "precision-recall" else ("false alarms", "recall")
    return {
        "type": "scatter",
        "name": as_text(_short(curve.name)) + ("" if curve.area is None else f" {curve.area:.3f}"),
        "x": curve.points[:, 0].astype(np.float32),
        "y": curve.points[:, 1].astype(np.float32),
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "showlegend": in_legend,
        "hovertemplate": f"<b>{name}</b><br>{first} %{{x:.1%}}, {second} %{{y:.1%}}<extra></extra>",
    }


def _short(name: str) -> str:
    """Long names often differ at their ends only: what is left out is the middle."""
    half = (_LONGEST_NAME - 1) // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half].rstrip()}…{name[-half:].lstrip()}"


def _guessing() -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "guessing 0.500",
        "x": np.array([0, 1], np.float32),
        "y": np.array([0, 1], np.float32),
        "mode": "lines",
        "line": {"color": MARK, "width": 1, "dash": "dot"},
        "showlegend": False,
        "hovertemplate": "guessing<extra></extra>",
    }


def _corner(kind: Kind, curves: Mapping[int, ClassCurve]) -> float:
    """Side of the square beside the best corner in which every curve bends, in (0, 1]."""
    sides = [0.05]
    for curve in curves.values():
        if len(curve.points):
            across, up = curve.points.T
            # How near the curve comes to the corner, along the worse of the two axes.
            sides.append(float(np.maximum(1 - across if kind == "precision-recall" else across, 1 - up).min()))
    # In steps, so that the axes begin at round figures.
    return min(1.0, float(np.ceil(_AROUND_THE_BEND * max(sides) / 0.1)) * 0.1)


def _legend_height(curves: Mapping[int, ClassCurve], shown: Shown) -> int:
    """In pixels, where two names stand beside each other if they are short."""
    is_narrow = all(len(curves[place].name) <= _LONGEST_NAME // 2 for place in shown.coloured)
    rows = -(-len(shown.coloured) // 2) if is_narrow else len(shown.coloured)
    return _LEGEND_ROW * rows


def _layout(kind: Kind, corner: float, legend_height: int) -> dict[str, Any]:
    # The corner where nothing is wrong: at the right of the one, at the left of the other.
    is_right = kind == "precision-recall"
    edge = 0.01 * corner
    across = (1 - corner, 1 + edge) if is_right else (-edge, corner)
    up = (1 - corner, 1 + 2 * edge)
    titles = ("recall", "precision") if is_right else ("share of the other classes taken for it", "recall")
    axes = [
        {"title": {"text": title}, "range": list(limits), "tickformat": ".0%", "zeroline": False}
        for title, limits in zip(titles, (across, up), strict=True)
    ]
    return {
        "margin": {"l": 8, "r": 24, "t": 8, "b": 8},
        "height": _HEIGHT + legend_height,
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        "xaxis": axes[0],
        "yaxis": axes[1],
    }
