"""The reliability diagram: how often a network is right when it says how sure it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnn_core.evaluation.calibration import ReliabilityBins
from cnn_core.figures.colours import MARK, RATE, TRAINING, VALIDATION, faded

# Of the chart's height: the histogram below and the diagram above it.
_HISTOGRAM, _DIAGRAM = (0.0, 0.17), (0.25, 1.0)
# A bar of so many images is drawn in full: the standard error of its accuracy is 5 points at most.
_ENOUGH, _FAINTEST = 100, 0.25


def reliability_figure(bins: ReliabilityBins) -> dict[str, Any]:
    """Plot accuracy over confidence, as what ``go.Figure`` takes.

    Args:
        bins: Empty ones (NaN) are left out.

    Returns:
        "data" and "layout": a bar a bin, up to the lower of its accuracy and its mean confidence, and from there to the
        higher the gap, in another colour for each direction; the diagonal on which both are equal; below them a
        histogram of the confidences with a logarithmic axis.
    """
    is_there = bins.counts > 0
    middle = ((bins.lower + bins.upper) / 2)[is_there]
    width = float(bins.upper[0] - bins.lower[0])
    counts, accuracy, confidence = (part[is_there] for part in (bins.counts, bins.accuracy, bins.confidence))
    said = [
        f"says {mean:.1%}, is right {right:.1%}<br>{count:,} images"
        for mean, right, count in zip(confidence, accuracy, counts, strict=True)
    ]
    bar = {
        "type": "bar",
        "x": middle,
        "width": 0.94 * width,
        "text": said,
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
    # Of few images it is chance what they say.
    opacity = np.clip(counts / _ENOUGH, _FAINTEST, 1).tolist()
    return {
        "data": [
            {
                **bar,
                "name": "right, as it says",
                "y": np.minimum(accuracy, confidence),
                "marker": {"color": faded(TRAINING, 0.75), "opacity": opacity},
            },
            {**bar, **_gap(confidence, accuracy, RATE, opacity), "name": "better than it says"},
            {**bar, **_gap(accuracy, confidence, VALIDATION, opacity), "name": "too sure of itself"},
            {
                "type": "scatter",
                "name": "as sure as it should be",
                "x": np.array([0, 1], np.float32),
                "y": np.array([0, 1], np.float32),
                "mode": "lines",
                "line": {"color": MARK, "width": 1.5, "dash": "dash"},
                "hoverinfo": "skip",
            },
            {
                **bar,
                "name": "images",
                "y": counts,
                "yaxis": "y2",
                "marker": {"color": faded(MARK, 0.7)},
                "showlegend": False,
            },
        ],
        "layout": _layout(int(bins.counts.max())),
    }


def _gap(lower: np.ndarray, upper: np.ndarray, colour: str, opacity: list[float]) -> dict[str, Any]:
    return {
        # A bar without height would still have an outline.
        "y": np.where(upper > lower, upper - lower, np.nan),
        "base": lower.tolist(),
        "marker": {
            "color": faded(colour, 0.3),
            "opacity": opacity,
            "line": {"color": colour, "width": 1},
            "pattern": {"shape": "/", "fgcolor": colour, "size": 6, "solidity": 0.25},
        },
    }


def _layout(most: int) -> dict[str, Any]:
    decades = int(np.ceil(np.log10(max(most, 10))))
    return {
        "margin": {"l": 8, "r": 24, "t": 8, "b": 8},
        "height": 420,
        "hovermode": "closest",
        "barmode": "overlay",
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {
            "title": {"text": "confidence: how sure it says it is"},
            "range": [0, 1.001],
            "tickformat": ".0%",
            "anchor": "y2",
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": "how often it is right"},
            "range": [0, 1.001],
            "tickformat": ".0%",
            "domain": list(_DIAGRAM),
            "zeroline": False,
        },
        "yaxis2": {
            "title": {"text": "images"},
            "type": "log",
            # A single image must be seen, too.
            "range": [-0.4, decades],
            "tickvals": [1, 10**decades] if decades < 3 else [1, 10 ** (decades // 2), 10**decades],
            "tickformat": "~s",
            "domain": list(_HISTOGRAM),
            "gridcolor": faded(MARK, 0.25),
            "automargin": True,
            "fixedrange": True,
        },
    }
