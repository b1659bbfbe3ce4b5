"""The pages without a browser: AppTest runs the frame, and within it the page asked for."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"

# Generous: other work may be going on beside the tests.
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="session", autouse=True)
def little_garbage_to_look_through() -> None:
    """Streamlit lets Keras collect garbage after every run of a script: a fifth of a second, were it not for this."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another one's pages have cached, nor what Keras has once downloaded."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    st.cache_resource.clear()


Visit = Callable[..., AppTest]


@pytest.fixture
def visit() -> Visit:
    """Open a page within the frame, as a new visitor: ``visit("evaluate.py", run="showcase")``."""

    def visit(page: str = "home.py", /, **query: str) -> AppTest:
        app = AppTest.from_file(SHELL, default_timeout=TIMEOUT_SECONDS)
        app.query_params = dict(query)
        # Home is the default: nobody has to ask for it.
        return (app if page == "home.py" else app.switch_page(page)).run()

    return visit
