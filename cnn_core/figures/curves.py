"""Curves of loss and accuracy: training by step, training and validation by epoch."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnn_core.figures.colours import TRAINING, VALIDATION, faded

Measure = Literal["loss", "accuracy"]

# More points than this are not visible in a chart, only slow.
MOST_POINTS = 1000


def curve_figure(measure: Measure, steps: pd.DataFrame, history: pd.DataFrame, *, watched: str) -> go.Figure:
    """Plot one measure over the training.

    Args:
        measure: "loss" (cross-entropy in nats) or "accuracy" (fraction, shown in per cent).
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
        watched: Name of the images watched every epoch, such as "validation".

    Returns:
        Figure whose horizontal axis counts epochs; steps lie at fractions of an epoch.
    """
    thinned = steps.iloc[_thinned(len(steps))]
    position = thinned["epoch"] - 1 + thinned["step"] / thinned["steps"]
    epochs = history["epoch"]
    # Built in one go: adding traces one by one costs several times as much, at every tick.
    return go.Figure(
        data=[
            _line("training, by step", position, thinned[measure], faded(TRAINING), width=1.3),
            _line("training, by epoch", epochs, history[measure], TRAINING, symbol="circle"),
            _line(watched, epochs, history[f"val_{measure}"], VALIDATION, symbol="diamond"),
        ],
        layout={
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "height": 320,
            "hovermode": "x unified",
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "xaxis": {"title": {"text": "epoch"}, "rangemode": "tozero"},
            "yaxis": {
                "title": {"text": measure},
                "rangemode": "nonnegative",
                "tickformat": ".0%" if measure == "accuracy" else None,
            },
        },
    )


def _line(
    name: str, x: pd.Series, y: pd.Series, colour: str, *, width: float = 2.2, symbol: str | None = None
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        # float32 halves what travels to the browser at every tick.
        "x": np.asarray(x, np.float32),
        "y": np.asarray(y, np.float32),
        "mode": "lines+markers" if symbol else "lines",
        "line": {"color": colour, "width": width},
        "marker": {"symbol": symbol, "size": 7} if symbol else None,
    }


def _thinned(count: int) -> np.ndarray:
    """Positions of at most ``MOST_POINTS`` of ``count`` rows, the last one among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int)) if count else np.arange(0)
