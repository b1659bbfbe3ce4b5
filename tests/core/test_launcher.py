"""Starting a worker: what cannot be started is told, and left so that it can be resumed."""

import errno
import os
import shutil
import subprocess

import pytest

from cnn_core.errors import CnnLabError, StorageError
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.lifecycle import resume_run
from cnn_core.runs.store import create_run
from tests.fixtures import digits_config


@pytest.fixture
def no_process(monkeypatch):
    """A machine that starts no process."""

    def refuse(*_arguments, **_options):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.mark.usefixtures("no_process")
def test_a_process_that_cannot_be_started_is_told_as_such():
    run = create_run(digits_config())
    with pytest.raises(CnnLabError, match=r"process could not be started.*Cannot allocate memory") as told:
        LocalLauncher().start(run)
    assert not isinstance(told.value, StorageError)
    assert "log.txt" not in str(told.value)


@pytest.mark.usefixtures("no_process")
def test_its_run_can_be_resumed_at_once():
    run = create_run(digits_config())
    with pytest.raises(CnnLabError) as told:
        LocalLauncher().start(run)
    status = run.status()
    assert (status.state, status.error) == ("failed", str(told.value))
    resume_run(run)
    assert run.status().state == "queued"


def test_a_log_that_cannot_be_written_fails_the_run_too():
    run = create_run(digits_config())
    (run.path / "log.txt").mkdir()
    with pytest.raises(StorageError, match=r"log\.txt"):
        LocalLauncher().start(run)
    assert run.status().state == "failed"


def test_a_run_that_is_gone_is_told():
    run = create_run(digits_config())
    shutil.rmtree(run.path)
    with pytest.raises(StorageError):
        LocalLauncher().start(run)
