"""Accuracy over coverage: what passing on the unsure images brings."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnn_core.evaluation.coverage import LEAST_COVERAGE, OperatingPoint
from cnn_core.figures.colours import MARK, RATE, TRAINING, VALIDATION


def coverage_figure(curve: np.ndarray, point: OperatingPoint, target: OperatingPoint | None = None) -> dict[str, Any]:
    """Plot the accuracy on the answered images over their share, as what ``go.Figure`` takes.

    Args:
        curve: (M, 2), as :attr:`cnn_core.evaluation.coverage.Coverage.curve`.
        point: What is chosen: marked, with lines to both axes.
        target: Where an accuracy that is asked for is reached: marked, too; ``None``: nowhere.
    """
    share, accuracy = curve.T
    lowest = min(float(accuracy.min()), point.accuracy)
    # A little air below, so that the end of the curve is not the edge of the chart.
    room = max(0.12 * (1 - lowest), 0.001)
    # A ring: the other mark may lie within it.
    marks = [_mark("chosen", point, "circle-open", VALIDATION, 16)]
    if target is not None:
        marks.append(_mark("accuracy asked for", target, "diamond", RATE, 10))
    return {
        "data": [
            {
                "type": "scatter",
                "name": "accuracy",
                "x": share.astype(np.float32),
                "y": accuracy.astype(np.float32),
                "mode": "lines",
                "line": {"color": TRAINING, "width": 2.4},
                "hovertemplate": "answers %{x:.1%}: %{y:.2%} right<extra></extra>",
                "showlegend": False,
            },
            *marks,
        ],
        "layout": {
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "height": 330,
            "hovermode": "closest",
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "shapes": _guides(point),
            "xaxis": {
                "title": {"text": "share of the images that it answers"},
                "range": [LEAST_COVERAGE - 0.02, 1.02],
                "tickformat": ".0%",
                "zeroline": False,
            },
            "yaxis": {
                "title": {"text": "accuracy on those"},
                "range": [lowest - room, 1 + room],
                "tickformat": ".1~%" if lowest > 0.9 else ".0%",
                "zeroline": False,
            },
        },
    }


def _mark(name: str, point: OperatingPoint, symbol: str, colour: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": np.array([point.coverage], np.float32),
        "y": np.array([point.accuracy], np.float32),
        "mode": "markers",
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 3, "color": colour}},
        "hovertemplate": f"{name}: answers %{{x:.1%}}, %{{y:.2%}} right<extra></extra>",
    }


def _guides(point: OperatingPoint) -> list[dict[str, Any]]:
    line = {"type": "line", "line": {"color": MARK, "width": 1, "dash": "dot"}, "layer": "below"}
    x, y = point.coverage, point.accuracy
    return [
        {**line, "x0": x, "x1": x, "y0": 0, "y1": y},
        {**line, "x0": 0, "x1": x, "y0": y, "y1": y},
    ]
