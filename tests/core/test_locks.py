"""A lock on a file: one process at a time, and no folder that was deleted is there again."""

import threading

import pytest
from filelock import FileLock

from cnn_core.errors import RunError
from cnn_core.runs.label_marks import save_mark
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.locks import alone_with
from tests.fixtures import finished_run


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path):
    with pytest.raises(RunError, match="no longer there"), alone_with(tmp_path / "gone" / ".lock", 1, "held"):
        pytest.fail("there is nothing to be alone with")
    assert not (tmp_path / "gone").exists()


def test_a_folder_that_is_deleted_while_one_waits_is_not_made_again(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    held = FileLock(folder / ".lock", thread_local=False)
    held.acquire()

    def delete():
        folder.rename(tmp_path / ".deleting-run")
        held.release()

    threading.Timer(0.3, delete).start()
    with pytest.raises(RunError, match="no longer there"), alone_with(folder / ".lock", 30, "held"):
        pytest.fail("there is nothing to be alone with")
    assert not folder.exists()


def test_who_holds_it_for_too_long_is_told(tmp_path):
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(RunError, match="try later"),
        alone_with(tmp_path / ".lock", 0.1, "try later"),
    ):
        pytest.fail("somebody else is there")


def test_a_mark_does_not_bring_a_deleted_run_back(monkeypatch):
    run = finished_run()
    record = run.record()
    delete_run(run)
    # Read just before it was deleted.
    monkeypatch.setattr(type(run), "record", lambda _: record)
    with pytest.raises(RunError, match="no longer there"):
        save_mark(run, 3, "wrong")
    assert not run.path.exists()
