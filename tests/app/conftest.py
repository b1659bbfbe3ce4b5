"""The pages without a browser: AppTest runs the frame, and within it the page asked for."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from cnn_core.inference import loaded
from cnn_core.inference.loaded import load_network, loaded_runs
from cnn_core.inference.network import Network
from cnn_core.runs.adaptation_file import Adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import is_showcase

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"

# Generous: other work may be going on beside the tests.
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="session", autouse=True)
def packages_looked_through_once() -> Iterator[None]:
    """Streamlit looks for components in all installed packages for every AppTest: a third of a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def showcase_networks() -> dict[bool, Network]:
    """The showcase's, with and without what it was taught: it ships with the project, and takes a second to load."""
    return {}


@pytest.fixture(autouse=True)
def nothing_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, showcase_networks: dict[bool, Network]) -> None:
    """No test finds what another one's pages have cached, nor what Keras has once downloaded."""

    def load(run: Run, adaptation: Adaptation | None = None) -> Network:
        if not is_showcase(run):
            return load_network(run, adaptation)
        is_taught = adaptation is not None
        if is_taught not in showcase_networks:
            showcase_networks[is_taught] = load_network(run, adaptation)
        return showcase_networks[is_taught]

    monkeypatch.setattr(loaded, "load_network", load)
    # What is there for good was frozen before the first test; to look through it again takes half a second.
    monkeypatch.setattr(loaded, "freeze_objects", lambda: None)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    st.cache_resource.clear()
    loaded_runs.clear()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs whose worker a page starts; no worker does."""
    runs: list[Run] = []
    monkeypatch.setattr(LocalLauncher, "start", lambda _launcher, run: runs.append(run))
    return runs


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


@pytest.fixture
def form(visit: Visit) -> Callable[..., AppTest]:
    """The form with the digits and a network chosen, at a tab."""

    def form(tab: str = "Network", preset: str = "tutorial-cnn") -> AppTest:
        app = visit("train.py", view="setup", tab=tab)
        app.selectbox(key="dataset").set_value("digits")
        app.run()
        app.selectbox(key="preset").set_value(preset)
        return app.run()

    return form


@pytest.fixture
def watch(visit: Visit) -> Callable[..., AppTest]:
    """Open the view "Watch", of a run or of the one that it chooses by itself."""

    def watch(run: Run | None = None) -> AppTest:
        app = visit("train.py", view="watch", **({"run": run.id} if run else {}))
        assert not app.exception
        return app

    return watch
