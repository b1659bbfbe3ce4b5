"""Small files that are written whole or not at all, on full disks and read-only ones too."""

import errno
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnn_core.errors import StorageError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import evaluate
from cnn_core.runs.files import whole_lines, write_atomically, write_last_words
from cnn_core.runs.writer import RunWriter, save_evaluation
from tests.fixtures import EPOCHS, digits_predictions, finished_run, started_run


def no_space(*_args, **_options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk:
    """Wraps an open file: whatever is written does not fit."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        self._file.__enter__()
        return self

    def __exit__(self, *args):
        return self._file.__exit__(*args)

    write = staticmethod(no_space)


def fill_disk(monkeypatch, how):
    """Let new files, their content, or the renaming fail, as a full disk does; old blocks can be written."""
    if how == "new files":
        monkeypatch.setattr(tempfile, "mkstemp", no_space)
        monkeypatch.setattr(Path, "write_bytes", no_space)
    elif how == "content":
        fdopen = os.fdopen
        monkeypatch.setattr(os, "fdopen", lambda *args, **options: FullDisk(fdopen(*args, **options)))
        monkeypatch.setattr(Path, "write_bytes", lambda path, _: (path.touch(), no_space()))
    else:
        monkeypatch.setattr(Path, "replace", no_space)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "status.json"
    write_atomically(path, b"a first content that is longer")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert names(tmp_path) == ["status.json"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_other_users_of_the_machine_can_read_what_is_written(tmp_path):
    write_atomically(tmp_path / "report.json", b"{}")
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o644


def test_a_reader_never_sees_half_a_file(tmp_path, monkeypatch):
    path = tmp_path / "status.json"
    write_atomically(path, b"old")
    seen = []
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (seen.append(path.read_bytes()), replace(self, target))[1]
    )
    write_atomically(path, b"new")
    assert seen == [b"old"]
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("how", ["new files", "content", "renaming"])
def test_on_a_full_disk_the_old_file_stays_and_nothing_is_left_over(tmp_path, monkeypatch, how):
    path = tmp_path / "status.json"
    write_atomically(path, b"old")
    fill_disk(monkeypatch, how)
    with pytest.raises(StorageError, match=r"The disk is full: 'status\.json'.*Free some space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["status.json"]


@pytest.mark.parametrize("how", ["new files", "content", "renaming"])
@pytest.mark.parametrize("words", [b"the end", b"the end, and a long explanation of it"])
def test_last_words_are_written_over_the_old_file_where_no_new_one_fits(tmp_path, monkeypatch, how, words):
    path = tmp_path / "status.json"
    write_atomically(path, b"what was said before")
    fill_disk(monkeypatch, how)
    write_last_words(path, words)
    assert path.read_bytes() == words
    assert names(tmp_path) == ["status.json"]


@pytest.mark.parametrize("how", ["new files", "content", "renaming"])
def test_a_run_on_a_full_disk_can_still_say_how_it_ended(monkeypatch, how):
    run = started_run()
    with RunWriter(run) as writer:
        fill_disk(monkeypatch, how)
        with pytest.raises(StorageError, match="disk is full"):
            writer.update(epoch=2)
        writer.end("failed", "The disk is full: " + "so it is, and so on. " * 20)
    status = run.status()
    assert status.state == "failed"
    assert status.error.startswith("The disk is full")


@pytest.mark.parametrize("how", ["new files", "content", "renaming"])
def test_an_evaluation_that_does_not_fit_leaves_none(monkeypatch, how):
    report = finished_run().report()
    run = started_run()
    before = names(run.path)
    fill_disk(monkeypatch, how)
    with pytest.raises(StorageError, match="disk is full"):
        save_evaluation(run, digits_predictions(), report)
    assert names(run.path) == before


class PulledPlugError(BaseException):
    """What nobody catches: the process ends there."""


def better(report):
    """Answers that are all right, and their evaluation: neither fits what was there before."""
    answers = digits_predictions()
    all_right = Predictions(answers.labels, 5 * np.eye(10, dtype=np.float32)[answers.labels])
    training = replace(report.training(), best_epoch=9)
    return all_right, evaluate(all_right.labels, all_right.logits, report.class_names, training)


def test_a_result_whose_last_file_does_not_fit_leaves_network_and_evaluation_as_they_were(monkeypatch):
    run = finished_run()
    before = {entry.name: entry.read_bytes() for entry in run.path.iterdir() if entry.is_file()}
    write = Path.write_bytes
    monkeypatch.setattr(
        Path, "write_bytes", lambda path, content: no_space() if "report" in path.name else write(path, content)
    )
    with pytest.raises(StorageError, match="disk is full"):
        RunWriter(run).save_result(lambda path: write(path, b"another"), *better(run.report()))
    assert {entry.name: entry.read_bytes() for entry in run.path.iterdir() if entry.is_file()} == before


def test_network_answers_and_report_are_replaced_in_this_order(monkeypatch):
    run, replaced, rename = finished_run(), [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, to: (replaced.append(to.name), rename(path, to))[1])
    RunWriter(run).save_result(lambda path: path.write_bytes(b"another"), *better(run.report()))
    assert replaced == ["model.keras", "predictions.npz", "report.json"]
    assert run.report().accuracy == 1
    assert run.report().best_epoch == 9


def test_who_is_killed_between_answers_and_report_leaves_no_report_of_other_answers(monkeypatch):
    run, rename = finished_run(), Path.replace
    assert run.report().accuracy < 1

    def pull(path, to):
        if to.name == "report.json":
            raise PulledPlugError
        return rename(path, to)

    predictions, report = better(run.report())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", pull)
        with pytest.raises(PulledPlugError):
            save_evaluation(run, predictions, report)
    assert run.predictions().is_right.all()
    found = run.report()
    assert found.accuracy == 1
    # What the file says of the training belongs to the network before; the history knows the one that is there.
    assert found.best_epoch == EPOCHS
    assert found.val_accuracy == pytest.approx(0.7 + EPOCHS / 10)


def test_a_network_that_does_not_fit_leaves_the_one_before():
    run = started_run()
    writer = RunWriter(run)
    writer.save_model(lambda path: path.write_bytes(b"the first epoch's"))

    def save_half(path):
        path.write_bytes(b"the sec")
        no_space()

    with pytest.raises(StorageError, match=r"The disk is full: 'model\.keras'"):
        writer.save_model(save_half)
    assert run.model_path().read_bytes() == b"the first epoch's"
    assert not [name for name in names(run.path) if name.startswith(".")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize(("name", "append"), [("history.csv", "append_epoch"), ("steps.jsonl", "append_steps")])
def test_a_line_that_does_not_fit_is_a_storage_error(name, append):
    run = started_run(epochs=0)
    (run.path / name).symlink_to("/dev/full")
    numbers = ("epoch", "step", "steps", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    with pytest.raises(StorageError, match=f"The disk is full: '{name}'"):
        getattr(RunWriter(run), append)(dict.fromkeys(numbers, 1.0))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"status\.json' cannot be written .*CNN_LAB_RUNS"):
        write_atomically(tmp_path / "file" / "status.json", b"new")


def test_a_read_only_disk_is_named(tmp_path, monkeypatch):
    def read_only(*_args, **_options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "mkstemp", read_only)
    with pytest.raises(StorageError, match="cannot be written \\(Read-only file system\\)"):
        write_atomically(tmp_path / "status.json", b"new")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\ntw", ["one"]),
        (b"tw", []),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
    ],
)
def test_a_line_counts_when_it_is_finished(tmp_path, content, expected):
    path = tmp_path / "steps.jsonl"
    path.write_bytes(content)
    assert whole_lines(path) == expected


def test_no_file_has_no_lines(tmp_path):
    assert whole_lines(tmp_path / "steps.jsonl") == []
