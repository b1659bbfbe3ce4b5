"""What the tests of the core share: one run that was really trained."""

from collections.abc import Iterator

import pytest

from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run
from tests.fixtures import digits_config, wait_for


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of the built-in digits that a worker process trained, as the Train page would start it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_RUNS", str(tmp_path_factory.mktemp("trained") / "runs"))
        run = create_run(digits_config(training={"epochs": 3}))
        LocalLauncher().start(run)
        wait_for(lambda: not run.status().is_active, run)
        yield run
