"""Two networks beside each other: accuracy over the training, and on images that are changed more and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cnn_core.duel.changes import CHANGES
from cnn_core.duel.contest import Corner
from cnn_core.duel.networks import Kind
from cnn_core.duel.sweeps import Sweep
from cnn_core.figures.colours import MARK, SERIES, faded
from cnn_core.figures.text import as_text

COLOURS: dict[Kind, str] = {"cnn": SERIES[0], "dense": SERIES[1]}
_SYMBOLS: dict[Kind, str] = {"cnn": "circle", "dense": "diamond"}
# Of the most epochs that are marked by symbols.
_MOST_SYMBOLS = 30


@dataclass(frozen=True, eq=False)
class SweepLine:
    """A network's sweep in a chart.

    Attributes:
        title: Of the network; not ours.
        colour: Of its curve.
        is_dashed: Whether it is a control.
    """

    title: str
    colour: str
    sweep: Sweep
    is_dashed: bool = False


def duel_figure(curves: Sequence[tuple[Corner, pd.DataFrame]], *, by_seconds: bool) -> dict[str, Any]:
    """Plot the validation accuracy of the networks of a duel, as what ``go.Figure`` takes.

    Args:
        curves: Each with the run's history; the controls are dashed.
        by_seconds: Whether over the seconds that the epochs took, instead of over the epochs.
    """
    lines = [_curve(corner, history, by_seconds=by_seconds) for corner, history in curves]
    layout = _layout("validation accuracy", "seconds of training" if by_seconds else "epoch", height=340)
    return {"data": lines, "layout": layout}


def _curve(corner: Corner, history: pd.DataFrame, *, by_seconds: bool) -> dict[str, Any]:
    place = history["seconds"].cumsum() if by_seconds else history["epoch"]
    colour = COLOURS[corner.kind]
    mode = "lines+markers" if len(history) <= _MOST_SYMBOLS else "lines"
    return {
        "type": "scatter",
        "name": corner.title,
        "x": np.asarray(place, np.float32),
        "y": np.asarray(history["val_accuracy"], np.float32),
        "mode": mode,
        "marker": {"symbol": _SYMBOLS[corner.kind] + "-open" * corner.is_shuffled, "size": 7},
        "line": {"color": colour, "width": 2.2, "dash": "dash" if corner.is_shuffled else "solid"},
        "hovertemplate": f"{corner.title}: %{{y:.2%}}<extra></extra>",
    }


def sweep_figure(lines: Sequence[SweepLine], chance: float) -> dict[str, Any]:
    """Plot accuracies on images that are changed more and more, each within its 95 % interval.

    Args:
        lines: A network each, all of the same change, at least one.
        chance: What guessing would reach, as a fraction.
    """
    data: list[dict[str, Any]] = []
    for line in lines:
        data += [_band(line), _accuracies(line)]
    layout = _layout("accuracy", CHANGES[lines[0].sweep.name].axis, height=330)
    layout["yaxis"] |= {"range": [0, 1.02], "rangemode": "normal"}
    layout["xaxis"] |= {"tickformat": "" if CHANGES[lines[0].sweep.name].unit else ".0%"}
    layout["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": chance,
            "y1": chance,
            "line": {"color": MARK, "width": 1, "dash": "dot"},
            "layer": "below",
        }
    ]
    layout["annotations"] = [
        {
            "text": "guessing",
            "xref": "paper",
            "x": 0,
            "xanchor": "left",
            "y": chance,
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 11},
        }
    ]
    return {"data": data, "layout": layout}


def _accuracies(line: SweepLine) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": as_text(line.title),
        "x": np.asarray(line.sweep.strengths, np.float32),
        "y": np.asarray(line.sweep.accuracies, np.float32),
        "mode": "lines+markers",
        "marker": {"size": 7},
        "line": {"color": line.colour, "width": 2.4, "dash": "dash" if line.is_dashed else "solid"},
        "hovertemplate": f"{as_text(line.title)}: %{{y:.1%}}<extra></extra>",
    }


def _band(line: SweepLine) -> dict[str, Any]:
    low, high = (np.asarray(ends, np.float32) for ends in zip(*line.sweep.intervals, strict=True))
    strengths = np.asarray(line.sweep.strengths, np.float32)
    return {
        "type": "scatter",
        "x": np.concatenate([strengths, strengths[::-1]]),
        "y": np.concatenate([high, low[::-1]]),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": faded(line.colour, 0.18),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout(y_title: str, x_title: str, *, height: int) -> dict[str, Any]:
    return {
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "height": height,
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"title": {"text": x_title}, "rangemode": "tozero", "zeroline": False},
        "yaxis": {"title": {"text": y_title}, "tickformat": ".0%", "zeroline": False},
    }
