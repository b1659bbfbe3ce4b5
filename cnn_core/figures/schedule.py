"""The learning rate as it is planned, drawn before the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from cnn_core.config import TrainingConfig, Transfer
from cnn_core.figures.colours import MARK, RATE, faded
from cnn_core.training.schedules import planned_rates

# Points of the drawing; more are not visible in so small a chart.
_MOST_POINTS = 1200
# A rate below this share of its largest lies along the bottom of a linear axis …
_BOTTOM_SHARE = 0.05
# … and where so much of the run does, a logarithmic axis says more. Half a cosine ends there for a seventh of the run
# and keeps the shape that it is known by.
_MUCH_OF_THE_RUN = 0.25


def schedule_figure(training: TrainingConfig, steps: int, transfer: Transfer | None = None) -> go.Figure:
    """Draw the learning rate over the epochs, as it can be known before the start.

    What happens on the way is not in it: for "plateau" the rate is drawn as it starts, with a word on what may come.

    Args:
        training: The settings, with continuations if there are any.
        steps: In an epoch; at least 1.
        transfer: Where features are taken from, if they are: its stages are marked.

    Returns:
        Compact figure with the epochs, from 0 to the last, on the horizontal axis.
    """
    total = training.total_epochs
    # A schedule's shape over the epochs does not depend on the number of steps, so fewer draw the same curve.
    per_epoch = max(2, min(steps, _MOST_POINTS // total))
    rates = planned_rates(training, per_epoch, transfer)
    place = (np.arange(len(rates)) + 0.5) / per_epoch
    known = rates[np.isfinite(rates)]
    is_logarithmic = float((known < _BOTTOM_SHARE * known.max()).mean()) > _MUCH_OF_THE_RUN
    marks = [*_warm_up(training), *_stages(training, transfer), *_plateau(training)]
    lines = [mark["shape"] for mark in marks if "shape" in mark]
    return go.Figure(
        data=[
            {
                "type": "scatter",
                "name": "learning rate",
                "x": place.astype(np.float32),
                "y": rates.astype(np.float32),
                "mode": "lines",
                "line": {"color": RATE, "width": 2.2},
                "hovertemplate": "epoch %{x:.1f}: %{y:.3g}<extra></extra>",
            }
        ],
        layout={
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "height": 200,
            "showlegend": False,
            "hovermode": "x",
            "xaxis": {"title": {"text": "epoch"}, "range": [0, total], "fixedrange": True},
            "yaxis": {
                "title": {"text": "learning rate"},
                "type": "log" if is_logarithmic else "linear",
                "rangemode": "normal" if is_logarithmic else "tozero",
                "tickformat": "~g",
                "nticks": 5,
                "fixedrange": True,
            },
            "shapes": lines,
            "annotations": [mark["text"] for mark in marks],
        },
    )


def _warm_up(training: TrainingConfig) -> list[dict[str, Any]]:
    if training.schedule != "one-cycle" or not training.warm_up_share:
        return []
    end = training.warm_up_share * training.epochs
    area = {
        "type": "rect",
        "x0": 0,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"width": 0},
        "fillcolor": faded(MARK, 0.15),
        "layer": "below",
    }
    return [{"shape": area, "text": _text("warm-up", end / 2, 0.02, yanchor="bottom")}]


def _stages(training: TrainingConfig, transfer: Transfer | None) -> list[dict[str, Any]]:
    """Where something else begins: fine-tuning after the head, epochs that were added after the end."""
    marks = []
    if transfer is not None and 0 < transfer.head_epochs < training.epochs:
        head = transfer.head_epochs
        marks.append({"text": _text("head alone", head / 2, 0.02, yanchor="bottom")})
        marks.append(_border(head, "fine-tuning"))
    return marks + [_border(more.after_epoch, f"{more.epochs} more") for more in training.continuations]


def _plateau(training: TrainingConfig) -> list[dict[str, Any]]:
    if training.schedule != "plateau":
        return []
    epochs = "epoch brings" if training.decay_epochs == 1 else f"{training.decay_epochs} epochs bring"
    said = f"times {training.decay_factor:g} whenever {epochs} nothing better"
    return [{"text": _text(said, training.epochs / 2, 0.5, yanchor="middle")}]


def _border(epoch: int, name: str) -> dict[str, Any]:
    line = {
        "type": "line",
        "x0": epoch,
        "x1": epoch,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": MARK, "width": 1, "dash": "dot"},
    }
    return {"shape": line, "text": _text(name, epoch, 1.0, xanchor="left", yanchor="top")}


def _text(text: str, x: float, y: float, *, yanchor: str, xanchor: str = "center") -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "yref": "paper",
        "xanchor": xanchor,
        "yanchor": yanchor,
        "showarrow": False,
        "font": {"size": 12},
    }
