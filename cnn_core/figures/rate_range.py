"""The curve of a learning-rate range test, with the rate that it suggests."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from cnn_core.figures.colours import MARK, RATE, TRAINING, faded
from cnn_core.runs.measurements import RateRange

# Above the loss at the start lies only the loss that runs away; a little of it shows where.
_ABOVE_START = 1.25


def rate_range_figure(result: RateRange) -> go.Figure:
    """Plot the loss over the learning rate.

    Args:
        result: Of a test; it may have no suggestion.

    Returns:
        Figure with a logarithmic horizontal axis; the suggested rate is an upright line with its value.
    """
    losses, smoothed = np.asarray(result.losses), np.asarray(result.smoothed)
    top = _ABOVE_START * smoothed[0] if len(smoothed) else 1.0
    bottom = min(smoothed.min() * 0.9, top / 2) if len(smoothed) else 0.0
    shapes, notes = _suggestion(result.suggested)
    return go.Figure(
        data=[
            _line("a batch", result.rates, losses, faded(MARK, 0.55), width=1.0),
            _line("smoothed", result.rates, smoothed, TRAINING, width=2.4),
        ],
        layout={
            "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
            "height": 260,
            "hovermode": "x unified",
            "showlegend": True,
            "legend": {"x": 0.02, "y": 0.04, "xanchor": "left", "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
            "xaxis": {"title": {"text": "learning rate"}, "type": "log", "dtick": 1, "tickformat": "~g"},
            "yaxis": {"title": {"text": "training loss"}, "range": [max(0.0, bottom), top], "tickformat": "~g"},
            "shapes": shapes,
            "annotations": notes,
        },
    )


def _suggestion(rate: float | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if rate is None:
        return [], []
    line = {
        "type": "line",
        "x0": rate,
        "x1": rate,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": RATE, "width": 2, "dash": "dash"},
    }
    note = {
        "text": f"suggested: {rate:g}",
        # Annotations of a logarithmic axis are placed by the exponent.
        "x": float(np.log10(rate)),
        "y": 1,
        "yref": "paper",
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
    }
    return [line], [note]


def _line(name: str, x: tuple[float, ...], y: np.ndarray, colour: str, *, width: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": np.asarray(x, np.float32),
        "y": np.asarray(y, np.float32),
        "mode": "lines",
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{y:.3f}",
    }
