"""The chart of accuracy against seconds."""

from collections.abc import Mapping
from statistics import mean

import plotly.graph_objects as go

from benchmarks.measuring import Measurement

_OTHERS, _OURS = "#8a8f98", "#1668dc"
# Plotly's own on a logarithmic axis leave the zeros out.
_TICKS = (20, 50, 100, 200, 500, 1000, 2000, 5000)


def speed_chart(measurements: list[Measurement], titles: Mapping[str, str]) -> go.Figure:
    """Draw every training as a dot, and the mean of each side with its name.

    Args:
        measurements: All of them.
        titles: Of the sides, in the order of the table.
    """
    figure = go.Figure()
    ours: list[tuple[float, float]] = []
    for side, title in titles.items():
        own = [one for one in measurements if one.side == side]
        if not own:
            continue
        is_ours = title.startswith("CNN Lab")
        color = _OURS if is_ours else _OTHERS
        seconds, accuracies = [one.wall_seconds for one in own], [100 * one.result["test_accuracy"] for one in own]
        center = mean(seconds), mean(accuracies)
        if is_ours:
            ours.append(center)
        name = title.removeprefix("CNN Lab, ").strip("`").replace("`", "")
        figure.add_scatter(x=seconds, y=accuracies, mode="markers", marker={"color": color, "size": 5, "opacity": 0.45})
        figure.add_scatter(
            x=[center[0]],
            y=[center[1]],
            mode="markers+text",
            text=[name],
            textposition="bottom right" if is_ours else "top center",
            textfont={"color": color, "size": 14},
            marker={"color": color, "size": 11, "symbol": "circle" if is_ours else "diamond"},
        )
    ours.sort()
    figure.add_scatter(
        x=[seconds for seconds, _ in ours],
        y=[accuracy for _, accuracy in ours],
        mode="lines",
        line={"color": _OURS, "width": 1, "dash": "dot"},
    )
    figure.update_xaxes(
        type="log", title="seconds from the start of the process to the test accuracy", tickvals=_TICKS, tickformat=","
    )
    figure.update_yaxes(title="test accuracy, %")
    figure.update_layout(
        template="plotly_white",
        showlegend=False,
        width=960,
        height=480,
        margin={"l": 60, "r": 40, "t": 20, "b": 50},
        font={"family": "sans-serif", "size": 14},
    )
    return figure
