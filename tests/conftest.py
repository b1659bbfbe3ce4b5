"""What every test needs: runs and data of its own, and the real data only where a test asks for it."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from cnn_core.data.load import dataset_state
from cnn_core.jobs import store

# In CI a failure must be the change's, so the examples are the same every time; elsewhere every run tries new ones.
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


# By what they took: where processes share the tests, none is to wait at the end for a file that began late.
LONGEST = (
    "test_script_training",
    "test_resume",
    "test_worker",
    "test_sketches",
    "test_cli",
    "test_cli_training",
    "test_training",
    "test_script_parts",
    "test_lowered",
    "test_augment",
    "test_arithmetic",
    "test_probes",
    "test_imagenet",
    "test_distillation",
    "test_many_classes",
    "test_every_page",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; without real data, what needs them is skipped: tests download nothing."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    needing_data = [item for item in items if item.get_closest_marker("real_data")]
    if not needing_data:
        return
    fashion_mnist = dataset_state("fashion-mnist")
    if fashion_mnist.state != "ready":
        for item in needing_data:
            item.add_marker(pytest.mark.skip(reason=f"needs Fashion-MNIST: {fashion_mnist.message}"))


@pytest.fixture(scope="session", autouse=True)
def little_garbage_to_look_through() -> None:
    """What the tests have imported stays: every collection of garbage would walk through a million objects of Keras.

    Streamlit asks for one after every run of a script: a fifth of a second each.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_folders(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the app's folders into ``tmp_path``, so that no test sees or touches the runs of whoever runs it.

    Tests of the browser talk to a server that has folders of its own, and tests marked ``real_data`` read the
    data that is on this machine.
    """
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "runs"))
    if not (request.node.get_closest_marker("real_data") or request.node.get_closest_marker("e2e")):
        monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "data"))


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of the measurements that would have been started; none is."""
    started: list[list[str]] = []
    monkeypatch.setattr(store, "start_process", lambda arguments, _log: started.append(arguments))
    return started
