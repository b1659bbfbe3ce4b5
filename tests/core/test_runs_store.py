"""The folder of all runs: creating, finding and listing them."""

import errno
import json
import os
import platform
import tempfile
import time
from importlib import metadata
from pathlib import Path

import pytest

from cnn_core.config import ConvBlock, ModelConfig, RunConfig, replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.errors import ConfigError, DatasetError, RunError, StorageError
from cnn_core.models.presets import preset_config
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import read_features
from cnn_core.runs.label_marks import read_marks
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.store import (
    active_runs,
    beside,
    create_run,
    find_run,
    is_showcase,
    list_runs,
    make_beside,
    resolve_run,
    runs_folder,
    showcase,
)
from cnn_core.runs.summary import RunSummary, best_first, summarise
from tests.fixtures import (
    damaged_run,
    digits_config,
    failed_run,
    finished_run,
    set_status,
    silent_run,
    started_run,
)


def test_a_new_run_says_everything_that_determines_it():
    before = time.time()
    run = create_run(digits_config(seed=11, augmentation={"shift_pixels": 1}))
    stored = json.loads((run.path / "config.json").read_text())
    assert (stored["dataset"], stored["preset"], stored["seed"]) == ("digits", "mlp", 11)
    assert [block["units"] for block in stored["model"]["blocks"]] == [256, 128]
    assert stored["training"]["epochs"] == 2
    assert stored["augmentation"]["shift_pixels"] == 1
    assert stored["data"]["checksum"] == load_dataset("digits").checksum
    assert stored["data"]["class_names"] == list("0123456789")
    assert stored["versions"]["python"] == platform.python_version()
    assert stored["versions"]["keras"] == metadata.version("keras")
    assert before <= stored["created"] <= time.time()


def test_a_new_run_is_queued_and_waits():
    run = create_run(digits_config())
    status = run.status()
    assert (status.state, status.phase, status.epoch, status.epochs) == ("queued", "waiting", 0, 2)
    assert status.seconds is None
    assert sorted(entry.name for entry in run.path.iterdir()) == ["config.json", "requests", "status.json"]


def test_runs_created_in_the_same_second_have_directories_of_their_own():
    assert len({create_run(digits_config()).id for _ in range(5)}) == 5


def test_a_record_of_a_run_is_a_configuration_that_can_be_asked_for_again():
    config = digits_config(seed=3)
    record = create_run(config).record()
    again = RunConfig(**record.model_dump(include=set(RunConfig.model_fields)))
    assert again == config


@pytest.mark.parametrize("failing", ["mkstemp", "rename"])
def test_a_directory_is_created_whole_or_not_at_all(monkeypatch, failing):
    def no_space(*_args, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "mkstemp":
        create, calls = tempfile.mkstemp, []
        # The second file does not fit.
        monkeypatch.setattr(
            tempfile,
            "mkstemp",
            lambda **options: no_space() if calls else (calls.append(1), create(**options))[1],
        )
    else:
        monkeypatch.setattr(Path, "rename", no_space)
    with pytest.raises(StorageError, match="disk is full"):
        create_run(digits_config())
    assert list(runs_folder().iterdir()) == []


def test_a_run_that_is_being_created_is_not_listed(monkeypatch):
    rename, seen = Path.rename, []
    monkeypatch.setattr(Path, "rename", lambda self, target: (seen.append(list_runs()), rename(self, target))[1])
    run = create_run(digits_config())
    assert seen == [[]]
    assert list_runs() == [run]


def test_a_file_in_the_place_of_the_runs_folder_is_a_storage_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file", tmp_path / "file" / "runs"):
        monkeypatch.setenv("CNN_LAB_RUNS", str(place))
        with pytest.raises(StorageError, match=r"cannot be written .*CNN_LAB_RUNS"):
            create_run(digits_config())
        assert list_runs() == []


def test_a_network_that_does_not_fit_the_images_creates_nothing():
    config = digits_config().model_copy(update={"model": ModelConfig(blocks=(ConvBlock(filters=2, kernel=9),))})
    with pytest.raises(ConfigError, match="Block 1"):
        create_run(config)
    assert list_runs() == []


def test_an_unknown_dataset_creates_nothing():
    with pytest.raises(DatasetError, match="no dataset 'shapes'"):
        create_run(digits_config().model_copy(update={"dataset": "shapes"}))
    assert list_runs() == []


def test_runs_are_listed_newest_first(monkeypatch):
    runs = []
    for day in ("20260101-120000", "20260102-080000", "20251231-235959"):
        with monkeypatch.context() as patch:
            patch.setattr(time, "strftime", lambda _format, day=day: day)
            runs.append(create_run(digits_config()))
    assert list_runs() == [runs[1], runs[0], runs[2]]


def test_no_folder_has_no_runs():
    assert list_runs() == []
    assert active_runs() == []


def test_files_and_hidden_folders_among_the_runs_are_passed_over():
    run = create_run(digits_config())
    (runs_folder() / "notes.txt").write_text("mine")
    (runs_folder() / ".training.lock").touch()
    (runs_folder() / ".creating-something").mkdir()
    assert list_runs() == [run]


def test_a_run_is_found_by_its_id():
    run = create_run(digits_config())
    assert find_run(run.id) == run


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../runs",
        "../../etc",
        "/",
        "/etc",
        "a/../..",
        ".hidden",
        "nonsense",
        "a\x00b",
        "a\nb",
        "x" * 300,
        "ä",
    ],
)
@pytest.mark.parametrize("find", [find_run, resolve_run])
def test_an_id_that_is_none_is_a_run_error(find, run_id, tmp_path):
    (tmp_path / "runs" / ".hidden").mkdir(parents=True)
    with pytest.raises(RunError, match="There is no run"):
        find(run_id)


def test_an_id_does_not_lead_out_of_the_runs_folder(tmp_path):
    outside = finished_run()
    target = tmp_path / "elsewhere"
    outside.path.rename(target)
    for run_id in ("../elsewhere", str(target), f"x/../../{target.name}"):
        with pytest.raises(RunError, match="There is no run"):
            find_run(run_id)


def test_a_mistyped_id_gets_a_hint():
    run = create_run(digits_config())
    with pytest.raises(RunError, match=f"Did you mean '{run.id}'"):
        find_run(run.id[:-1])


def test_a_run_is_resolved_by_id_by_path_and_by_the_name_of_the_showcase(monkeypatch):
    run = finished_run()
    monkeypatch.chdir(run.path.parent.parent)
    assert resolve_run(run.id) == run
    assert resolve_run(str(run.path)) == run
    assert resolve_run(f"runs/{run.id}") == run
    assert resolve_run("showcase") == find_run("showcase") == showcase()


@pytest.mark.parametrize("reference", ["~nobody-of-this-name/run", "~/nothing", "no/such/path", "/"])
def test_a_path_to_no_run_is_a_run_error(reference):
    with pytest.raises(RunError, match="There is no run"):
        resolve_run(reference)


def test_a_summary_says_where_a_run_stands():
    finished, running, failed, silent = finished_run(), started_run(), failed_run("No memory."), silent_run()
    damaged = damaged_run()
    rows = {row.id: row for row in map(summarise, list_runs())}
    assert rows[finished.id].state == "finished"
    assert rows[finished.id].test_accuracy == finished.report().accuracy
    assert rows[finished.id].parameters == 1234
    assert (rows[running.id].state, rows[running.id].test_accuracy) == ("running", None)
    assert (rows[failed.id].state, rows[failed.id].message) == ("failed", "No memory.")
    assert (rows[silent.id].state, rows[silent.id].is_active) == ("failed", False)
    assert rows[damaged.id].state == "damaged"
    assert "config.json" in rows[damaged.id].message


def test_the_best_runs_come_first_within_their_dataset():
    def row(run_id, dataset, accuracy):
        return RunSummary(run_id, "path", "finished", dataset=dataset, test_accuracy=accuracy)

    rows = [
        row("digits, good", "digits", 0.99),
        row("fashion, fair", "fashion-mnist", 0.90),
        row("untested", "fashion-mnist", None),
        row("fashion, good", "fashion-mnist", 0.93),
        row("digits, fair", "digits", 0.95),
        RunSummary("damaged", "path", "damaged"),
        row("of a dataset that is gone", "shapes", 1.0),
    ]
    assert [row.id for row in best_first(rows)] == [
        "fashion, good",
        "fashion, fair",
        "digits, good",
        "digits, fair",
    ]


def test_active_runs_are_the_one_that_trains_and_then_the_queue_in_its_order():
    first, second, third = (create_run(digits_config()) for _ in range(3))
    finished_run()
    failed_run()
    damaged_run("status.json")
    silent_run()
    # Created last, but it has its turn.
    set_status(third, state="running")
    assert [run.id for run, _, _ in active_runs()] == [third.id, first.id, second.id]


def test_a_run_that_departs_from_its_preset_says_so():
    preset = preset_config("mlp", dataset_card("digits"), seed=3)
    assert summarise(create_run(preset)).network == "mlp"
    assert summarise(create_run(replace(preset, training={"learning_rate": 0.5}))).network == "mlp, changed"


def test_the_best_runs_of_every_dataset_are_listed_however_many_another_one_has():
    rows = [
        RunSummary(f"{dataset}-{accuracy}", "", "finished", dataset=dataset, test_accuracy=accuracy)
        for dataset, accuracies in (("digits", (0.9, 0.95)), ("fashion-mnist", (0.5, 0.6, 0.7)))
        for accuracy in accuracies
    ]
    listed = [row.id for row in best_first(rows, per_dataset=2)]
    assert listed == ["fashion-mnist-0.7", "fashion-mnist-0.6", "digits-0.95", "digits-0.9"]


def test_what_a_person_adds_lies_in_the_run_but_never_in_the_showcase_that_ships(tmp_path):
    run = finished_run()
    assert make_beside(run) == beside(run) == run.path
    folder = make_beside(showcase())
    assert folder == beside(showcase())
    assert folder.is_dir()
    assert folder.is_relative_to(tmp_path)
    assert list_runs() == [run]


def test_who_only_reads_what_a_person_added_makes_no_folder(tmp_path):
    folder = beside(showcase())
    assert read_marks(showcase()) == {}
    assert read_features(showcase(), 1, "x", (1, 1)) is None
    assert not folder.exists()
    assert not (tmp_path / "runs").exists()


def test_the_folder_of_a_run_that_was_deleted_is_not_made_again():
    run = finished_run()
    delete_run(run)
    assert make_beside(run) == run.path
    assert not run.path.exists()


def test_the_showcase_is_known_by_any_path(tmp_path):
    (tmp_path / "link").symlink_to(showcase().path)
    assert is_showcase(Run(tmp_path / "link"))
    assert is_showcase(Run(showcase().path / ".." / "showcase"))
    assert not is_showcase(finished_run())
    with pytest.raises(RunError, match="cannot be deleted"):
        delete_run(Run(tmp_path / "link"))
