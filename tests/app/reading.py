"""What a page shows, and what a browser would send to it, where AppTest has no words for it."""

import base64
import json
import re
from typing import Any

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest


def click_cell(app: AppTest, true: int, predicted: int) -> AppTest:
    """Click a cell of the confusion matrix: what the browser would send when a point of the chart is selected."""
    (chart,) = [element for element in app.get("plotly_chart") if element.key == "matrix"]
    selection = {
        "points": [{"customdata": [true, predicted], "x": predicted, "y": true, "curve_number": 2}],
        "point_indices": [],
        "box": [],
        "lasso": [],
    }
    states = app._tree.get_widget_states()
    state = WidgetState(id=chart.proto.id, string_value=json.dumps({"selection": selection}))
    states.widgets.append(state)
    return app._run(states)


def html_of(app: AppTest) -> str:
    """Everything that the page shows as HTML of its own, without the style sheets."""
    return re.sub(r"<style>.*?</style>", "", "".join(part.proto.body for part in app.get("html")), flags=re.S)


def tiles_of(app: AppTest) -> list[tuple[str, ...]]:
    """The captions of the gallery, tile by tile: title, then its lines."""
    figures = re.findall(r"<figure>.*?</figure>", html_of(app), flags=re.S)
    return [tuple(re.findall(r"<(?:strong|div class=\"muted\")>(.*?)</", figure)) for figure in figures]


def words_of(app: AppTest) -> str:
    """All messages, captions and texts of the page, in one string."""
    kinds = ("error", "warning", "info", "success", "caption", "markdown", "subheader", "title")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def charts_of(app: AppTest) -> dict[str, dict[str, Any]]:
    """The live charts that were sent whole, by key: "data" and "layout", their points put back as by the browser."""
    charts = {}
    for element in app.get("bidi_component"):
        data = json.loads(element.proto.json)
        figure = json.loads(data["update"]["still"])
        for trace, curve in zip(figure["data"], data["update"]["curves"], strict=True):
            for axis in "xy" if curve else "":
                trace[axis] = np.frombuffer(base64.b64decode(curve[axis]), "<f4").tolist()
        charts[element.key] = figure
    return charts
