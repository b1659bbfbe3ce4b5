"""What happened during a training, as thin upright lines in its curves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from cnn_core.figures.colours import MARK
from cnn_core.runs.events import Event

# More lines than this hide the curve. The last ones are shown.
MOST_MARKS = 60

_WORDS = {
    "paused": "paused",
    "resumed": "resumed",
    "stopped": "stopped",
    "learning-rate": "learning rate set by hand",
    "continued": "more epochs",
    "recovered": "gone on from a checkpoint",
    "early-stopped": "stopped early",
    "diverged": "diverged",
    "checkpoint-damaged": "checkpoint damaged",
}


# What a person did; the rest the training did by itself.
_BY_HAND = {"paused", "resumed", "stopped", "learning-rate", "continued"}
# The schedule's own changes are on the curve of the learning rate: marked everywhere they would hide what a person did.
_UNMARKED = {"plateau"}


def event_words(event: Event) -> str:
    """An event in a few words: "learning rate set by hand to 0.0005"."""
    value = f" to {event.value:g}" if event.action == "learning-rate" and event.value is not None else ""
    return _WORDS.get(event.action, event.action) + value


def event_marks(events: Sequence[Event]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The trace and the layout that mark events in a figure whose horizontal axis counts epochs.

    What happened at one place is one mark, whose hover text says it line by line, with the time of the day: a triangle
    where a person did something, a circle where the training did by itself.
    """
    texts: dict[float, list[str]] = {}
    by_hand = set()
    for event in (event for event in events if event.action not in _UNMARKED):
        place = event.epoch - 1 + event.step / max(1, event.steps)
        if event.action in _BY_HAND:
            by_hand.add(place)
        texts.setdefault(place, []).append(f"{time.strftime('%H:%M', time.localtime(event.time))} {event_words(event)}")
    places = list(texts)[-MOST_MARKS:]
    trace = {
        "type": "scatter",
        "name": "",
        "mode": "markers",
        "x": np.array(places, np.float32),
        "y": np.ones(len(places), np.float32),
        "yaxis": "y2",
        "text": ["<br>".join(texts[place]) for place in places],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": ["triangle-down" if place in by_hand else "circle-open" for place in places],
            "size": 9,
            "color": MARK,
        },
        "cliponaxis": False,
        "showlegend": False,
    }
    layout = {
        "shapes": [_upright_line(place) for place in places],
        # The marks lie along the top, whatever the range of the curves.
        "yaxis2": {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    }
    return trace, layout


def _upright_line(place: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": MARK, "width": 1.2, "dash": "dot"},
    }
