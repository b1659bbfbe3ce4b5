"""Commands that train: any setting by name, going on with a run, the code of a run."""

import ast
import json
from threading import Thread

import pytest

from cnn_core.cli.following import _Told
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import StorageError
from cnn_core.models.presets import preset_config
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import find_run, list_runs
from cnn_core.runs.writer import RunWriter
from cnn_core.training import adapting
from cnn_core.training.worker import train_run
from tests.core.test_cli import TRAIN_KEYS, call, instant_training  # noqa: F401
from tests.fixtures import adaptation, digits_config, finished_run, resumable_run, set_status, started_run


@pytest.mark.usefixtures("instant_training")
def test_any_setting_can_be_given_by_name(call):  # noqa: F811
    status, _, errors = call(
        *("train", "--dataset", "digits", "--preset", "mlp", "--json", "--epochs", 2),
        *("--set", "training.ema_decay=0.99", "--set", "training.schedule=cosine", "--set", "augmentation.mixup=0.2"),
        *("--set", "training.snapshots=true"),
    )
    assert status == 0, errors
    record = list_runs()[0].record()
    assert (record.training.ema_decay, record.training.schedule, record.training.epochs) == (0.99, "cosine", 2)
    assert record.augmentation.mixup == 0.2
    assert record.training.snapshots is True


@pytest.mark.usefixtures("instant_training")
def test_teachers_are_named_by_their_runs_and_bring_the_loss_that_they_need(call):  # noqa: F811
    one, two = finished_run(), finished_run()
    command = ("train", "--dataset", "digits", "--preset", "mlp", "--json")
    status, out, errors = call(*command, "--teacher", one.id, "--teacher", two.path)
    assert status == 0, errors
    training = find_run(json.loads(out)["run"]).record().training
    assert (training.teachers, training.loss) == ((one.id, two.id), "categorical_crossentropy")
    status, out, errors = call(*command, "--teacher", one.id, "--loss", "sparse_categorical_crossentropy")
    assert (status, out) == (2, "")
    assert "set loss to categorical_crossentropy" in errors
    status, _, errors = call(*command, "--teacher", one.id, "--set", "training.loss=sparse_categorical_crossentropy")
    assert status == 2
    status, _, errors = call(*command, "--teacher", "nobody")
    assert status == 2
    assert "There is no run 'nobody'" in errors


def test_a_teacher_lies_among_the_runs(call, tmp_path):  # noqa: F811
    elsewhere = finished_run().path.rename(tmp_path / "elsewhere")
    status, out, errors = call("train", "--dataset", "digits", "--preset", "mlp", "--teacher", elsewhere)
    assert (status, out) == (2, "")
    assert "Point CNN_LAB_RUNS to its folder, or copy it" in errors


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("training.patience", "patience"),
        ("training.patience=-1", "patience"),
        ("training.speed=3", "speed"),
        ("=3", "=3"),
    ],
)
def test_a_setting_that_does_not_exist_or_fit_is_a_wrong_call(call, setting, named):  # noqa: F811
    status, out, errors = call("train", "--dataset", "digits", "--set", setting, "--json")
    assert (status, out) == (2, "")
    assert named in errors
    assert list_runs() == []


@pytest.fixture
def workers_here(monkeypatch):
    """Workers are threads: a process takes seconds to load TensorFlow."""
    monkeypatch.setattr(LocalLauncher, "start", lambda _launcher, run: Thread(target=train_run, args=[run]).start())


@pytest.mark.usefixtures("workers_here")
def test_epochs_are_added_and_a_stopped_run_is_resumed(call):  # noqa: F811
    status, out, errors = call("train", "--dataset", "digits", "--preset", "mlp", "--epochs", 2, "--json")
    assert status == 0, errors
    run = json.loads(out)["run"]
    status, out, errors = call("extend", run, "--epochs", 2, "--json")
    assert status == 0, errors
    result = json.loads(out)
    assert set(result) == TRAIN_KEYS
    assert (result["run"], result["epochs"]) == (run, 4)
    # The epochs before it are known already: they are not told again.
    assert "epoch 3:" in errors
    assert "epoch 2:" not in errors

    set_status(list_runs()[0], state="stopped")
    status, out, errors = call("resume", run, "--json")
    assert status == 0, errors
    assert json.loads(out)["epochs"] == 4


def test_what_a_training_waits_for_is_told_on_a_line_of_its_own(capsys):
    told, status = _Told(started_run()), RunStatus(state="running", heartbeat=0, epochs=1)
    for phase, share in (("starting", None), ("asking", None), ("asking", 0.5), ("asking", 0.5), ("training", None)):
        told.tell_share(status.model_copy(update={"phase": phase, "share": share}))
    assert capsys.readouterr().err == "\rAsking the teacher networks: 0%\rAsking the teacher networks: 50%\n"


def epoch_row(epoch, seconds):
    figures = {"loss": 1 / epoch, "accuracy": 0.8, "val_loss": 0.9 / epoch, "val_accuracy": 0.7}
    return {"epoch": epoch, **figures, "learning_rate": 1e-3, "seconds": seconds}


def test_after_a_resume_every_epoch_that_is_trained_again_is_told(call, monkeypatch):  # noqa: F811
    run = resumable_run(digits_config(training={"epochs": 3}))
    (run.path / "checkpoint" / "00003-0000000.npz").rename(run.path / "checkpoint" / "00002-0000000.npz")

    def start(_launcher, run):
        with RunWriter(run) as writer:
            writer.go_on(phase="starting")
            writer.truncate(1, 0)
            writer.update(phase="training", epoch=2)
            for epoch in (2, 3):
                # The same figures as before, to the last bit.
                writer.append_epoch(epoch_row(epoch, seconds=0.41))
            writer.end("stopped")

    monkeypatch.setattr(LocalLauncher, "start", start)
    status, _, errors = call("resume", run.id)
    assert status == 0, errors
    assert [line.split(":")[0] for line in errors.splitlines() if line.startswith("epoch")] == ["epoch 2", "epoch 3"]


def test_epochs_of_before_are_not_told_again_by_a_worker_that_fails(call, monkeypatch):  # noqa: F811
    run = resumable_run(digits_config(training={"epochs": 3}))
    (run.path / "checkpoint" / "00003-0000000.npz").rename(run.path / "checkpoint" / "00002-0000000.npz")
    monkeypatch.setattr(LocalLauncher, "start", lambda _launcher, run: RunWriter(run).end("failed", "No images."))
    status, _, errors = call("resume", run.id)
    assert status == 1
    assert "No images." in errors
    assert "epoch" not in errors


def test_after_a_schedule_that_fell_more_epochs_learn_at_a_rate_that_moves_something(call, monkeypatch):  # noqa: F811
    run = resumable_run(digits_config(training={"schedule": "cosine", "learning_rate": 0.02}), state="finished")
    monkeypatch.setattr(LocalLauncher, "start", lambda _launcher, run: RunWriter(run).end("stopped"))
    status, _, errors = call("extend", run.id, "--epochs", 3)
    assert status == 0, errors
    (more,) = run.record().training.continuations
    assert more.learning_rate == pytest.approx(0.002)
    assert "learning rate 0.002, a tenth of the schedule's largest" in errors


@pytest.mark.parametrize("command", [["resume"], ["extend", "--epochs", "2"]])
def test_a_disk_that_cannot_be_written_is_no_wrong_call(call, monkeypatch, command):  # noqa: F811
    def refuse(*_arguments):
        raise StorageError("The disk is full.")

    run = resumable_run()
    monkeypatch.setattr("cnn_core.runs.lifecycle.write_atomically", refuse)
    status, out, errors = call(command[0], run.id, *command[1:])
    assert (status, out) == (1, "")
    assert "The disk is full." in errors


@pytest.mark.parametrize("command", [["resume"], ["extend", "--epochs", "2"]])
def test_what_cannot_go_on_says_why(call, command):  # noqa: F811
    run = finished_run()
    status, out, errors = call(command[0], run.id, *command[1:])
    assert (status, out) == (2, "")
    assert ("has finished" if command[0] == "resume" else "no checkpoint") in errors


def test_the_code_of_a_run_is_python(call):  # noqa: F811
    status, out, _ = call("script", finished_run().id)
    assert status == 0
    assert "keras" in {node.names[0].name for node in ast.walk(ast.parse(out)) if isinstance(node, ast.Import)}


def test_of_the_showcase_there_is_no_single_script_and_where_to_look_is_told(call):  # noqa: F811
    status, out, errors = call("script", "showcase")
    assert (status, out) == (2, "")
    assert "scripts/train_showcase.sh" in errors


def test_a_network_of_clothes_is_taught_pictures_and_another_is_not(call, monkeypatch):  # noqa: F811
    clothes, digits = finished_run(preset_config("fast", dataset_card("fashion-mnist"))), finished_run()
    status, _, errors = call("teach", digits.id)
    assert status == 2
    assert "cannot be taught people's pictures" in errors
    asked = []

    def adapt_run(run, epochs, tell):
        asked.append((run, epochs))
        for epoch in (1, 1, 2):
            tell(epoch / 2, f"epoch {epoch} of 2")
        return adaptation()

    monkeypatch.setattr(adapting, "adapt_run", adapt_run)
    status, out, errors = call("teach", clothes.id, "--json", "--epochs", 2)
    assert status == 0, errors
    assert json.loads(out) == {"run": clothes.id, **adaptation().facts.model_dump()}
    assert errors.count("epoch 1 of 2") == 1
    status, out, errors = call("teach", clothes.id)
    assert (status, asked) == (0, [(clothes, 2), (clothes, adapting.EPOCHS)]), errors
    assert "as photos, 60.0% right (50.0% before); of made-up sketches 70.0% (40.0%)" in out
    for epochs in (0, 100_000):
        status, out, errors = call("teach", clothes.id, "--epochs", epochs)
        assert (status, out) == (2, "")
        assert "training.epochs" in errors
