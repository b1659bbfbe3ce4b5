"""The sizes of the pictures that a dataset was made of, as a chart of widths and heights."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnn_core.figures.colours import MARK, TRAINING, VALIDATION, faded

# Of more different sizes the most frequent ones are drawn.
_MOST_DRAWN = 600
# Diameter in pixels of the mark of one picture, and of the most frequent size, if it has so many pictures.
_SMALLEST, _LARGEST, _MANY = 6.0, 28.0, 50


def picture_sizes_figure(sizes: np.ndarray, *, width: int, height: int) -> dict[str, Any]:
    """Plot widths and heights, as what ``go.Figure`` takes.

    Args:
        sizes: (N, 2): width and height in pixels; N at least 1.
        width: Of the images that they became; marked.
        height: Of the images that they became.
    """
    different, counts = np.unique(sizes, axis=0, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_DRAWN]
    different, counts = different[most], counts[most]
    diameters = _SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt((counts - 1) / max(_MANY, int(counts.max())))
    ends = [0.8 * min(int(different.min()), width, height), 1.25 * max(int(different.max()), width, height)]
    return {
        "data": [
            _line(ends),
            {
                "type": "scatter",
                "name": "original pictures",
                "x": different[:, 0].astype(np.float32),
                "y": different[:, 1].astype(np.float32),
                "customdata": counts.tolist(),
                "mode": "markers",
                "marker": {
                    "size": diameters.tolist(),
                    "color": faded(TRAINING, 0.55),
                    "line": {"width": 1, "color": TRAINING},
                },
                "hovertemplate": "%{x} × %{y}: %{customdata:,}<extra></extra>",
            },
            {
                "type": "scatter",
                "name": "images of the dataset",
                "x": np.array([width], np.float32),
                "y": np.array([height], np.float32),
                "mode": "markers",
                "marker": {"symbol": "diamond", "size": 12, "color": VALIDATION},
                "hovertemplate": "images of the dataset: %{x} × %{y}<extra></extra>",
            },
        ],
        "layout": {
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "height": 320,
            "hovermode": "closest",
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
            "xaxis": _axis("width, in pixels", ends),
            "yaxis": _axis("height, in pixels", ends),
        },
    }


def _line(ends: list[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "square",
        "x": np.array(ends, np.float32),
        "y": np.array(ends, np.float32),
        "mode": "lines",
        "line": {"color": MARK, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _axis(title: str, ends: list[float]) -> dict[str, Any]:
    # Phones' photos are a hundred times as large as icons: only a logarithm shows both.
    ticks = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    shown = [tick for tick in ticks if ends[0] <= tick <= ends[1]]
    return {
        "title": {"text": title},
        "type": "log",
        "range": np.log10(ends).tolist(),
        "tickvals": shown,
        "ticktext": [f"{tick:,}" for tick in shown],
        "zeroline": False,
    }
