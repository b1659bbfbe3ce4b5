"""The form of the Train page in the hands of a test: find a setting's widget, set it, start, read what the run got."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import list_runs

_KINDS = ("number_input", "selectbox", "slider", "toggle", "segmented_control", "multiselect", "button")


def widget(app: AppTest, section: str, name: str) -> Any:
    """The widget of a setting, such as ``("training", "epochs")``; ``("block2", "filters")`` is of the second block."""
    if section.startswith("block"):
        section = f"block{block_numbers(app)[int(section[5:]) - 1]}"
    ending = f"-{section}-{name}"
    found = [one for kind in _KINDS for one in getattr(app, kind) if (one.key or "").endswith(ending)]
    assert len(found) == 1, (ending, [one.key for kind in _KINDS for one in getattr(app, kind)])
    return found[0]


def has_widget(app: AppTest, section: str, name: str) -> bool:
    """Whether the form shows a setting."""
    return any((one.key or "").endswith(f"-{section}-{name}") for kind in _KINDS for one in getattr(app, kind))


def block_numbers(app: AppTest) -> list[int]:
    """The numbers of the blocks, from the image on."""
    return list(app.session_state["draft"].block_ids)


def choose(app: AppTest, section: str, name: str, value: Any) -> AppTest:
    """Set a setting, and let the page run."""
    widget(app, section, name).set_value(value)
    return app.run()


def press(app: AppTest, key: str) -> AppTest:
    """Press a button by its key, or by how its key ends."""
    (found,) = [one for one in app.button if (one.key or "").endswith(key)]
    found.click()
    return app.run()


def start_button(app: AppTest) -> Any:
    """The button that starts a run."""
    (found,) = [one for one in app.button if one.label == "Start training"]
    return found


def start(app: AppTest) -> RunRecord:
    """Press "Start training"; what the run was asked, as its ``config.json`` says."""
    known = {run.id for run in list_runs()}
    start_button(app).click()
    app.run()
    assert not app.exception
    (run,) = [run for run in list_runs() if run.id not in known]
    return run.record()
