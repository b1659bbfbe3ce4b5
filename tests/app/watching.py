"""What the tests of a run that is watched have in common."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from cnn_core.runs.directory import Run

Watch = Callable[..., AppTest]


def watching(visit: Callable[..., AppTest]) -> Watch:
    """Open the view "Watch", of a run or of the one that it chooses by itself."""

    def watch(run: Run | None = None) -> AppTest:
        app = visit("train.py", view="watch", **({"run": run.id} if run else {}))
        assert not app.exception
        return app

    return watch


def button(app: AppTest, label: str) -> Any:
    """The one button of that label."""
    (found,) = [button for button in app.button if button.label == label]
    return found


def labels(app: AppTest) -> list[str]:
    """Of all buttons."""
    return [button.label for button in app.button]


def click(app: AppTest, label: str) -> AppTest:
    """The page after a click on the button."""
    button(app, label).click()
    app.run()
    assert not app.exception
    return app


def opened(app: AppTest, key: str) -> AppTest:
    """The page with an expander or a popover opened, as a click on it does."""
    app.session_state[key] = True
    return app.run()
