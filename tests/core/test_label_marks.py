"""Marks on suspicious labels: saved with the run, and never lost to another tab or another version."""

import errno
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from cnn_core.errors import RunError, StorageError
from cnn_core.runs import label_marks
from cnn_core.runs.label_marks import read_marks, save_mark
from cnn_core.runs.store import runs_folder, showcase
from tests.fixtures import finished_run


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def file(run):
    return run.path / "label_marks.json"


def test_marks_are_there_again_when_read_again(run):
    save_mark(run, 7, "wrong")
    save_mark(run, 3, "ambiguous")
    save_mark(run, 7, "keep")
    assert read_marks(run) == {3: "ambiguous", 7: "keep"}


def test_a_mark_can_be_taken_back(run):
    save_mark(run, 7, "wrong")
    save_mark(run, 7, None)
    save_mark(run, 8, None)
    assert read_marks(run) == {}


def test_a_run_that_nobody_marked_has_no_marks_and_no_file(run, file):
    assert read_marks(run) == {}
    assert not file.exists()


def test_the_file_says_its_format_and_which_images_it_is_about(run, file):
    save_mark(run, 7, "wrong")
    checksum = run.record().data.checksum
    assert json.loads(file.read_text()) == {"format": 1, "checksum": checksum, "marks": {"7": "wrong"}}


def test_marks_of_the_showcase_lie_among_the_runs():
    save_mark(showcase(), 381, "wrong")
    assert read_marks(showcase()) == {381: "wrong"}
    assert not (showcase().path / "label_marks.json").exists()
    assert (runs_folder() / ".showcase" / "label_marks.json").exists()


def test_marks_that_many_set_at_once_are_all_kept(run):
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda index: save_mark(run, index, "keep"), range(40)))
    assert read_marks(run) == dict.fromkeys(range(40), "keep")


MARK_SOME = """
import sys
from cnn_core.runs.label_marks import save_mark
from cnn_core.runs.store import find_run
for index in range(int(sys.argv[2]), 24, 3):
    save_mark(find_run(sys.argv[1]), index, "wrong")
"""


def test_marks_that_several_processes_set_at_once_are_all_kept(run):
    people = [subprocess.Popen([sys.executable, "-c", MARK_SOME, run.id, str(first)]) for first in range(3)]
    assert [one.wait(60) for one in people] == [0, 0, 0]
    assert set(read_marks(run)) == set(range(24))


UNUSABLE = {
    "a deep nesting": (b"[" * 200_000, "damaged"),
    "half a file": (b'{"format": 1, "checksum"', "damaged"),
    "a list": (b"[]", "damaged"),
    "an unknown mark": (b'{"format": 1, "checksum": "x", "marks": {"1": "perhaps"}}', "damaged"),
    "no index": (b'{"format": 1, "checksum": "x", "marks": {"-1": "keep"}}', "damaged"),
    "a newer version": (b'{"format": 2, "notes": []}', "format 2, this one reads 1"),
    "other images": (b'{"format": 1, "checksum": "x", "marks": {}}', "another dataset"),
}


@pytest.mark.parametrize(("content", "why"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_file_that_cannot_be_used_is_named_and_left_as_it_is(run, file, content, why):
    file.write_bytes(content)
    with pytest.raises(RunError, match=why) as told:
        read_marks(run)
    assert str(file) in str(told.value)
    assert "move the file elsewhere" in str(told.value)
    with pytest.raises(RunError, match=why):
        save_mark(run, 1, "wrong")
    assert file.read_bytes() == content


def test_marking_goes_on_once_the_file_is_moved(run, file):
    file.write_bytes(b"{")
    file.rename(file.with_suffix(".old"))
    save_mark(run, 1, "wrong")
    assert read_marks(run) == {1: "wrong"}


def test_on_a_full_disk_the_marks_stay_what_they_were(run, monkeypatch):
    save_mark(run, 1, "wrong")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", full)
        with pytest.raises(StorageError, match="The disk is full"):
            save_mark(run, 2, "wrong")
    assert label_marks._read(run.path / "label_marks.json", run.record().data.checksum).marks == {1: "wrong"}


def test_a_lock_that_is_never_opened_is_told(run, monkeypatch):
    monkeypatch.setattr(label_marks, "_LOCK_SECONDS", 0.1)
    with FileLock(run.path / ".label_marks.lock"), pytest.raises(RunError, match="The mark was not saved"):
        save_mark(run, 1, "wrong")


def test_a_folder_that_cannot_be_made_is_told(monkeypatch, tmp_path):
    (tmp_path / "runs-file").write_text("")
    monkeypatch.setenv("CNN_LAB_RUNS", str(Path(tmp_path / "runs-file")))
    with pytest.raises(StorageError):
        save_mark(showcase(), 1, "wrong")
