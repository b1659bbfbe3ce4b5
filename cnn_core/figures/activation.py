"""The curve of an activation function, and one number on its way through it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnn_core.figures.colours import MARK, TRAINING, VALIDATION, faded
from cnn_core.learn.activations import Activation

_POINTS = 241


def activation_figure(activation: Activation, slope: float, value: float, reach: float) -> dict[str, Any]:
    """Plot an activation function, as what ``go.Figure`` takes.

    Args:
        activation: The function.
        slope: Of the leaky ReLU.
        value: A number whose way is marked: up from the axis below to the curve, and across to the other axis.
        reach: How far the axis goes to both sides of 0, at least; it always holds the value.

    Returns:
        "data" and "layout": the curve, the line of what would change nothing, and the way of the number.
    """
    reach = max(reach, abs(value), 1.0) * 1.05
    x = np.linspace(-reach, reach, _POINTS)
    y = activation(x, slope)
    result = float(activation(np.array([value]), slope)[0])
    low, high = float(min(y.min(), 0.0)), float(max(y.max(), 1.0))
    room = 0.08 * (high - low)
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    return {
        "data": [
            {
                **line,
                "name": "unchanged",
                "x": x,
                "y": x,
                "line": {"color": faded(MARK, 0.8), "width": 1.5, "dash": "dot"},
            },
            {
                **line,
                "name": activation.title,
                "x": x,
                "y": y,
                "line": {"color": TRAINING, "width": 3},
                "hoverinfo": None,
                "hovertemplate": "%{x:.2f} becomes %{y:.2f}<extra></extra>",
            },
            {
                **line,
                "name": "the chosen number",
                "x": np.array([value, value, -reach]),
                "y": np.array([low - room, result, result]),
                "mode": "lines+markers",
                "marker": {"color": VALIDATION, "size": [0, 11, 0]},
                "line": {"color": VALIDATION, "width": 2, "dash": "dash"},
            },
        ],
        "layout": {
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "height": 300,
            "hovermode": "closest",
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "xaxis": {"title": {"text": "in"}, "range": [-reach, reach], "zeroline": True},
            "yaxis": {"title": {"text": "out"}, "range": [low - room, high + room], "zeroline": True},
        },
    }
