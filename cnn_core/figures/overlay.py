"""The curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnn_core.figures.colours import SERIES
from cnn_core.figures.curves import Measure
from cnn_core.figures.text import as_text

Images = Literal["validation", "training"]

# They tell the curves apart for those who see few colours.
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "x", "triangle-down")

MOST_RUNS = len(_SYMBOLS)


@dataclass(frozen=True)
class RunCurves:
    """What the overlay needs of one run.

    Attributes:
        name: As it shall stand in the legend.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
    """

    name: str
    history: pd.DataFrame


def overlay_figure(measure: Measure, runs: Sequence[RunCurves], *, images: Collection[Images]) -> go.Figure:
    """Plot one measure of several runs by epoch.

    Args:
        measure: "loss" (cross-entropy in nats) or "accuracy" (fraction, shown in per cent).
        runs: At most :data:`MOST_RUNS`; a run keeps its colour as long as it keeps its place among them.
        images: Whose curves: of the validation images (solid; the watched test images in the tutorials' protocol), of
            the training images (dotted), or both.

    Returns:
        Figure whose horizontal axis counts epochs. In the legend a click hides both curves of a run.
    """
    lines = [
        _line(run, measure, which, number)
        for number, run in enumerate(runs)
        for which in ("validation", "training")
        if which in images
    ]
    return go.Figure(
        data=lines,
        layout={
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "height": 380,
            "hovermode": "x unified",
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "xaxis": {"title": {"text": "epoch"}, "rangemode": "tozero"},
            "yaxis": {
                "title": {"text": measure},
                # The differences between runs are small: the axis need not begin at zero.
                "tickformat": ".1%" if measure == "accuracy" else None,
            },
        },
    )


def _line(run: RunCurves, measure: Measure, which: Images, number: int) -> dict[str, Any]:
    is_validation = which == "validation"
    name = as_text(run.name)
    return {
        "type": "scatter",
        "name": name if is_validation else f"{name}, training",
        "legendgroup": str(number),
        "x": np.asarray(run.history["epoch"], np.float32),
        "y": np.asarray(run.history[f"val_{measure}" if is_validation else measure], np.float32),
        "mode": "lines+markers",
        "line": {
            "color": SERIES[number],
            "width": 2.2 if is_validation else 1.5,
            "dash": None if is_validation else "dot",
        },
        "marker": {"symbol": _SYMBOLS[number], "size": 7 if is_validation else 5},
    }
