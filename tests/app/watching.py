"""What the tests of a run that is watched have in common."""

from typing import Any

from streamlit.testing.v1 import AppTest


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
