"""The confusion matrix as a figure whose cells can be chosen."""

from __future__ import annotations

from typing import Literal

import numpy as np
import plotly.graph_objects as go

from cnn_core.figures.colours import TRAINING, VALIDATION, faded
from cnn_core.figures.text import as_text

Scale = Literal["counts", "row shares"]

_HEIGHT_PER_CLASS, _HEIGHT_OF_AXES = 44, 120


def confusion_figure(
    matrix: np.ndarray,
    class_names: tuple[str, ...],
    *,
    scale: Scale = "counts",
    selected: tuple[int | None, int | None] = (None, None),
    is_dark: bool = False,
) -> go.Figure:
    """Draw a confusion matrix.

    A heatmap tells the browser nothing of clicks, so transparent squares lie over its cells; each carries
    ``customdata`` (true class, predicted class).

    Args:
        matrix: (classes, classes) counts; rows are the true class, columns the predicted one.
        class_names: In the order of the labels.
        scale: What the cells say: counts, or shares of the true class.
        selected: What to outline, as (true, predicted): a cell, a row, a column, or nothing.
        is_dark: Whether the page behind it is dark. The cells are translucent, so their text is the page's.

    Returns:
        Figure coloured by row shares: right answers (the diagonal) blue, errors orange, so that errors stand out
        however good the network is.
    """
    count, class_names = len(class_names), tuple(map(as_text, class_names))
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    texts = [
        [f"{matrix[i, j]:,}" if scale == "counts" else f"{100 * shares[i, j]:.3g}" for j in range(count)]
        for i in range(count)
    ]
    diagonal = np.eye(count, dtype=bool)
    figure = go.Figure()
    figure.add_trace(_cells(np.where(diagonal, shares, np.nan), TRAINING, texts, largest=1.0, is_dark=is_dark))
    # An error share of a few per cent must be visible: the square root lifts it.
    figure.add_trace(
        _cells(np.where(diagonal, np.nan, np.sqrt(shares)), VALIDATION, texts, largest=0.6, is_dark=is_dark)
    )
    figure.add_trace(_targets(matrix, shares, class_names))
    if selected != (None, None):
        (y0, y1), (x0, x1) = (_extent(index, count) for index in selected)
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line={"width": 3, "color": VALIDATION})
    ticks = {
        "tickvals": list(range(count)),
        "ticktext": list(class_names),
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }
    figure.update_layout(
        height=_HEIGHT_OF_AXES + _HEIGHT_PER_CLASS * count,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        clickmode="event+select",
        dragmode=False,
        xaxis={
            "title": "predicted class" if scale == "counts" else "predicted class (cells: % of the true class)",
            "range": [-0.5, count - 0.5],
            "tickangle": -40,
            **ticks,
        },
        yaxis={"title": "true class", "range": [count - 0.5, -0.5], **ticks},
    )
    return figure


def _extent(index: int | None, count: int) -> tuple[float, float]:
    return (-0.5, count - 0.5) if index is None else (index - 0.5, index + 0.5)


def _cells(shares: np.ndarray, colour: str, texts: list[list[str]], *, largest: float, is_dark: bool) -> go.Heatmap:
    return go.Heatmap(
        z=shares,
        text=np.where(np.isnan(shares), "", texts),
        texttemplate="%{text}",
        textfont={"color": "#FFFFFF" if is_dark else "#1F2033"},
        colorscale=[[0, faded(colour, 0.04)], [1, faded(colour, 0.7)]],
        zmin=0,
        zmax=largest,
        hoverinfo="skip",
        showscale=False,
        xgap=2,
        ygap=2,
    )


def _targets(matrix: np.ndarray, shares: np.ndarray, class_names: tuple[str, ...]) -> go.Scatter:
    true, predicted = (axis.ravel() for axis in np.indices(matrix.shape))
    return go.Scatter(
        x=predicted,
        y=true,
        mode="markers",
        showlegend=False,
        customdata=np.stack([true, predicted], axis=1).tolist(),
        text=[
            f"true: {class_names[i]}<br>predicted: {class_names[j]}<br>{matrix[i, j]:,} images, {shares[i, j]:.1%} of "
            f"{class_names[i]}"
            for i, j in zip(true, predicted, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
        marker={"symbol": "square", "size": 30, "color": "rgba(0,0,0,0)"},
        selected={"marker": {"color": "rgba(0,0,0,0)"}},
        unselected={"marker": {"opacity": 0}},
    )
