"""Curves of a training: loss and accuracy by step and by epoch, and the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from cnn_core.figures.colours import BEST, MARK, RATE, TRAINING, VALIDATION, faded
from cnn_core.figures.event_marks import event_marks
from cnn_core.runs.events import Event

Measure = Literal["loss", "accuracy"]

# More points than this are not visible in a chart, only slow.
MOST_POINTS = 1000

# Most epochs for which they are marked by symbols of this size, in pixels.
_SYMBOL_SIZES = {30: 7, 100: 4}

# A learning rate that falls below this share of its largest value is a line along the bottom of a linear axis.
_LOGARITHMIC_BELOW = 0.05


def curve_figure(
    measure: Measure,
    steps: pd.DataFrame,
    history: pd.DataFrame,
    *,
    watched: str,
    best_epoch: int | None = None,
    events: Sequence[Event] = (),
) -> dict[str, Any]:
    """Plot one measure over the training, as what ``go.Figure`` takes.

    It is no ``go.Figure`` yet: that checks each value, and a page that ticks would pay ten times as much for it.

    Args:
        measure: "loss" (cross-entropy in nats) or "accuracy" (fraction, shown in per cent).
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
        watched: Name of the images watched every epoch, such as "validation".
        best_epoch: Marked on the curve of the watched images; ``None``: no epoch is.
        events: Marked by thin upright lines.

    Returns:
        "data" and "layout" of a figure whose horizontal axis counts epochs; steps lie at fractions of an epoch. At
        most :data:`MOST_POINTS` points a trace.
    """
    shown = steps.iloc[thinned(len(steps))]
    epochs = history.iloc[thinned(len(history))]
    best = history[history["epoch"] == best_epoch]
    marks, marked = event_marks(events)
    ticks, hover = (".0%", ".2%") if measure == "accuracy" else ("", ".4f")
    return {
        "data": [
            _line("training, by step", _position(shown), shown[measure], faded(TRAINING), width=1.3),
            _line("training, by epoch", epochs["epoch"], epochs[measure], TRAINING, symbol="circle"),
            _line(watched, epochs["epoch"], epochs[f"val_{measure}"], VALIDATION, symbol="diamond"),
            {
                "type": "scatter",
                "name": "best epoch",
                "mode": "markers",
                **_points(best["epoch"], best[f"val_{measure}"]),
                "marker": {"symbol": "star", "size": 15, "color": BEST, "line": {"color": VALIDATION, "width": 1.5}},
                "showlegend": best_epoch is not None,
            },
            marks,
        ],
        "layout": _layout(measure, tickformat=ticks, hoverformat=hover, height=320) | marked,
    }


def rate_figure(steps: pd.DataFrame, history: pd.DataFrame, *, events: Sequence[Event] = ()) -> dict[str, Any]:
    """Plot the learning rate over the training, on a logarithmic axis where a linear one would hide its end.

    As :func:`curve_figure`, it gives what ``go.Figure`` takes.

    Args:
        steps: As :meth:`cnn_core.runs.directory.Run.steps`; rows of older runs have no learning rate (NaN).
        history: As :meth:`cnn_core.runs.directory.Run.history`; shown where the steps have no rate.
        events: Marked by thin upright lines.
    """
    known = steps[steps["learning_rate"].notna()] if "learning_rate" in steps else steps.iloc[:0]
    shown = known if len(known) else history
    shown = shown.iloc[thinned(len(shown))]
    place, name = (_position(shown), "by step") if len(known) else (shown["epoch"], "by epoch")
    rates = shown["learning_rate"]
    positive = rates[rates > 0]
    is_logarithmic = len(positive) > 0 and positive.min() < _LOGARITHMIC_BELOW * positive.max()
    layout = _layout("learning rate", tickformat="~g" if is_logarithmic else "", hoverformat=".3~g", height=220)
    layout["yaxis"] |= {"type": "log", "rangemode": "normal", "dtick": 1} if is_logarithmic else {"rangemode": "tozero"}
    marks, marked = event_marks(events)
    curve = _line(f"learning rate, {name}", place, rates, RATE)
    return {"data": [curve, marks], "layout": {**layout, **marked, "showlegend": False}}


def thinned(count: int, most: int = MOST_POINTS) -> np.ndarray:
    """Positions of at most ``most`` of ``count`` rows, the last one among them.

    They stay what they are while rows are added, but for the last, until every second one goes: what the browser has
    need not be sent again.
    """
    if not count:
        return np.arange(0)
    stride = 1
    while -(-count // stride) + 1 > most:
        stride *= 2
    places = np.arange(0, count, stride)
    return places if places[-1] == count - 1 else np.append(places, count - 1)


def _position(steps: pd.DataFrame) -> pd.Series:
    """Where steps lie on an axis that counts finished epochs."""
    return steps["epoch"] - 1 + steps["step"] / steps["steps"]


def _points(x: pd.Series, y: pd.Series) -> dict[str, np.ndarray]:
    # float32 halves what travels to the browser.
    return {"x": np.asarray(x, np.float32), "y": np.asarray(y, np.float32)}


def _line(
    name: str, x: pd.Series, y: pd.Series, colour: str, *, width: float = 2.2, symbol: str | None = None
) -> dict[str, Any]:
    # Symbols that touch each other hide their line.
    size = next((size for most, size in _SYMBOL_SIZES.items() if symbol and len(x) <= most), 0)
    marked = {"mode": "lines+markers", "marker": {"symbol": symbol, "size": size}} if size else {"mode": "lines"}
    return {"type": "scatter", "name": name, **_points(x, y), **marked, "line": {"color": colour, "width": width}}


def _layout(title: str, *, tickformat: str, hoverformat: str, height: int) -> dict[str, Any]:
    return {
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "height": height,
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {
            "title": {"text": "epoch"},
            "rangemode": "tozero",
            "hoverformat": ".2f",
            "spikecolor": MARK,
            "spikethickness": 1,
            "spikedash": "solid",
        },
        "yaxis": {
            "title": {"text": title},
            "rangemode": "nonnegative",
            "tickformat": tickformat,
            "hoverformat": hoverformat,
        },
    }
