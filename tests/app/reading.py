"""What a page shows, and what a browser would send to it, where AppTest has no words for it."""

import base64
import json
import re
from typing import Any

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest


def component_of(app: AppTest, key: str) -> dict[str, Any]:
    """What the browser gets for the component of that key."""
    return json.loads(_component(app, key).proto.json)


def trigger(app: AppTest, key: str, event: str, value: Any) -> AppTest:
    """What the browser sends when something happens in the component of that key."""
    states = app._tree.get_widget_states()
    events = json.dumps([{"event": event, "value": value}])
    id_of_events = f"$$STREAMLIT_INTERNAL_KEY_{_component(app, key).proto.id}__events"
    states.widgets.append(WidgetState(id=id_of_events, json_trigger_value=events))
    return app._run(states)


def _component(app: AppTest, key: str) -> Any:
    # What belongs to a run has its id behind the name.
    (found,) = [part for part in app.get("bidi_component") if part.key == key or part.key.startswith(f"{key}-")]
    return found


def click_cell(app: AppTest, true: int | None, predicted: int | None) -> AppTest:
    """Choose a cell of the confusion matrix; ``None`` for a header."""
    return trigger(app, "matrix", "choose", [true, predicted])


def open_tab(app: AppTest, name: str) -> AppTest:
    """Choose a view of the Evaluate page by its tab."""
    states = app._tree.get_widget_states()
    id_of_tabs = app.session_state._state._state._key_id_mapper.get_id_from_key("show")
    states.widgets.append(WidgetState(id=id_of_tabs, string_value=name))
    return app._run(states)


def html_of(app: AppTest) -> str:
    """Everything that the page shows as HTML of its own, without the style sheets."""
    return re.sub(r"<style>.*?</style>", "", "".join(part.proto.body for part in app.get("html")), flags=re.S)


def tiles_of(app: AppTest, key: str = "examples") -> list[tuple[str, ...]]:
    """The captions of a gallery that opens its tiles, tile by tile: title, then lines; empty where it is not shown."""
    galleries = [element for element in app.get("bidi_component") if element.key == key]
    return [
        (tile["title"], *tile["lines"]) for element in galleries for tile in json.loads(element.proto.json)["tiles"]
    ]


def chosen_cell(app: AppTest) -> tuple[str, str]:
    """What the two boxes beside the confusion matrix say: true and predicted class."""
    true, predicted = (app.selectbox(key=key) for key in ("true", "predicted"))
    return true.options[true.index], predicted.options[predicted.index]


def words_of(app: AppTest) -> str:
    """All messages, captions and texts of the page, in one string."""
    kinds = ("error", "warning", "info", "success", "caption", "markdown", "subheader", "title")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def charts_of(app: AppTest) -> dict[str, dict[str, Any]]:
    """The live charts that were sent whole, by key: "data" and "layout", their points put back as by the browser."""
    charts = {}
    for element in app.get("bidi_component"):
        data = json.loads(element.proto.json)
        if "update" not in data:
            continue
        figure = json.loads(data["update"]["still"])
        for trace, curve in zip(figure["data"], data["update"]["curves"], strict=True):
            for axis in "xy" if curve else "":
                trace[axis] = np.frombuffer(base64.b64decode(curve[axis]), "<f4").tolist()
        charts[element.key] = figure
    return charts
