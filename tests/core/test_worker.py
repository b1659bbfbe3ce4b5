"""The worker: a process of its own that trains one run, waits for its turn, and says how it ended."""

import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.dataset import Dataset
from cnn_core.data.download import DownloadProgress
from cnn_core.data.load import load_dataset
from cnn_core.data.own.store import remove_own
from cnn_core.errors import CnnLabError, DatasetError, StorageError
from cnn_core.inference.network import Network
from cnn_core.models.presets import preset_config
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run, runs_folder
from cnn_core.training import setup
from cnn_core.training.worker import train_run
from tests.core.test_cli import call  # noqa: F401
from tests.fixtures import digits_config, wait_for
from tests.own_data import own_dataset

ENDLESS = digits_config(training={"epochs": 500})
SHORT = digits_config(training={"epochs": 1})


@pytest.fixture(autouse=True)
def no_worker_left_behind():
    """End the workers that a failing test leaves: their command lines carry the folder of this test's runs."""
    yield
    for process in worker_processes(str(runs_folder())):
        process.kill()


def worker_processes(path):
    found = []
    for process in psutil.process_iter(["cmdline"]):
        arguments = process.info["cmdline"] or []
        if "train-run" in arguments and arguments[-1].startswith(path):
            found.append(process)
    return found


def is_learning(run):
    return len(run.history()) > 0


def test_a_run_that_finished_has_everything(trained_run):
    status, history, report = trained_run.status(), trained_run.history(), trained_run.report()
    assert (status.state, status.phase, status.error) == ("finished", "done", None), trained_run.log()
    assert (status.epoch, status.epochs) == (3, 3)
    assert status.started < status.ended
    assert history["epoch"].tolist() == [1, 2, 3]
    assert (history["seconds"] > 0).all()
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert report.best_epoch == history["val_accuracy"].idxmax() + 1
    assert report.val_accuracy == pytest.approx(history["val_accuracy"].max())
    assert 0.8 < report.accuracy < 1.0
    assert not report.is_test_set_watched
    # By hand: 256·(64+1) + 128·(256+1) + 10·(128+1)
    assert report.parameters == 16_640 + 32_896 + 1_290


def test_the_progress_of_a_run_is_told_within_its_epochs(trained_run):
    steps = trained_run.steps()
    assert steps["epoch"].tolist() == sorted(steps["epoch"])
    assert (steps["seconds"].diff().dropna() >= 0).all()
    assert (steps["epoch"].iloc[0], steps["step"].iloc[0]) == (1, 1)
    for _, of_epoch in steps.groupby("epoch"):
        assert of_epoch["step"].is_monotonic_increasing
        assert of_epoch["step"].iloc[-1] <= of_epoch["steps"].iloc[-1]


def test_the_saved_network_gives_the_stored_predictions(trained_run):
    dataset, predictions = load_dataset("digits"), trained_run.predictions()
    np.testing.assert_array_equal(predictions.labels, dataset.test_labels)
    np.testing.assert_allclose(
        Network(trained_run).logits(dataset.test_images), predictions.logits, rtol=1e-3, atol=1e-3
    )
    right = (predictions.logits.argmax(1) == dataset.test_labels).mean()
    assert trained_run.report().accuracy == pytest.approx(right)


def test_a_finished_run_leaves_no_temporary_files(trained_run):
    names = sorted(entry.name for entry in trained_run.path.iterdir())
    assert names == [
        ".worker.lock",
        "checkpoint",
        "config.json",
        "history.csv",
        "log.txt",
        "model.keras",
        "outliers.npz",
        "predictions.npz",
        "report.json",
        "requests",
        "samples.npz",
        "status.json",
        "steps.jsonl",
    ]


def test_a_second_run_waits_for_the_first_and_a_stopped_run_keeps_what_it_has():
    first, second = create_run(ENDLESS), create_run(SHORT)
    launcher = LocalLauncher()
    # Whoever was created first is first, even if its process comes up when the other has long been waiting.
    created = second.status().heartbeat
    launcher.start(second)
    wait_for(lambda: second.status().heartbeat > created, second)
    assert second.status().state == "queued"
    launcher.start(first)
    wait_for(lambda: is_learning(first), first)
    assert second.status().state == "queued"
    assert launcher.is_alive(second)

    launcher.stop(first)
    wait_for(lambda: not launcher.is_alive(first), first)
    status, report = first.status(), first.report()
    assert (status.state, status.error) == ("stopped", None)
    assert 1 <= report.best_epoch <= status.epoch < 500
    assert report.accuracy > 0.5
    assert first.has_model

    wait_for(lambda: not launcher.is_alive(second), second)
    assert second.status().state == "finished", second.log()
    assert second.status().started >= status.ended


def test_a_killed_run_is_told_as_failed_and_the_next_one_is_not_disturbed(monkeypatch):
    killed, stopped, following = create_run(ENDLESS), create_run(ENDLESS), create_run(SHORT)
    launcher = LocalLauncher()
    for run in (killed, stopped, following):
        launcher.start(run)
    wait_for(lambda: is_learning(killed), killed)

    # Stopped while it waits, a run ends without ever having begun.
    launcher.stop(stopped)
    wait_for(lambda: not stopped.status().is_active, stopped)
    assert (stopped.status().state, stopped.status().started) == ("stopped", None), stopped.status().error
    assert stopped.steps().empty
    assert not stopped.has_model

    (process,) = worker_processes(str(killed.path))
    process.kill()
    killed_at = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("cnn_core.runs.record.LOST_AFTER_SECONDS", 3.0)
        wait_for(lambda: not killed.status().is_active, killed)
        assert time.time() - killed_at < 6
        assert killed.status().state == "failed"
        assert "was killed, ran out of memory" in killed.status().error
        assert len(killed.history()) >= 1

    wait_for(lambda: not following.status().is_active, following)
    assert following.status().state == "finished", following.log()
    assert following.status().started >= killed_at - 1


def test_an_error_of_the_worker_is_in_the_status_in_the_log_and_in_the_exit_status(tmp_path, call):  # noqa: F811
    damaged = tmp_path / "data" / "mnist" / "train-images-idx3-ubyte.gz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"half a download")
    run = create_run(preset_config("mlp", dataset_card("mnist")))
    status, out, err = call("train-run", run.path)
    assert (status, out) == (1, "")
    assert "Error: " in err
    assert "Traceback" not in err
    assert run.status().state == "failed"
    assert "train-images-idx3-ubyte.gz" in run.status().error
    assert run.status().error in err
    assert damaged.read_bytes() == b"half a download"


def test_without_a_network_a_missing_dataset_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    # Nobody listens there.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    run = create_run(preset_config("mlp", dataset_card("mnist")))
    with pytest.raises(DatasetError):
        train_run(run)
    assert run.status().state == "failed"
    assert "'mnist' could not be downloaded" in run.status().error


def test_a_download_is_told_and_can_be_stopped(monkeypatch):
    run, seen = create_run(SHORT), []

    def slow_download(name, *, on_progress, **_options):
        on_progress(DownloadProgress(name, "train-images", 30, 120))
        seen.append(run.status())
        run.requests.stop()
        for done in range(31, 121):
            time.sleep(0.05)
            on_progress(DownloadProgress(name, "train-images", done, 120))
        raise AssertionError("was not stopped")

    monkeypatch.setattr(setup, "load_dataset", slow_download)
    train_run(run)
    assert (seen[0].phase, seen[0].share) == ("downloading", 0.25)
    assert (run.status().state, run.status().error) == ("stopped", None)
    assert not run.has_model


def test_an_error_that_nobody_expected_ends_the_run_and_is_raised(monkeypatch):
    def broken(_name, **_options):
        raise KeyError("a bug")

    monkeypatch.setattr(setup, "load_dataset", broken)
    run = create_run(SHORT)
    with pytest.raises(KeyError):
        train_run(run)
    assert run.status().state == "failed"
    assert "did not expect: KeyError: 'a bug'" in run.status().error
    assert "log.txt" in run.status().error


def test_too_little_memory_is_told_with_what_to_do(monkeypatch):
    def greedy(_name, **_options):
        raise MemoryError

    monkeypatch.setattr(setup, "load_dataset", greedy)
    run = create_run(SHORT)
    with pytest.raises(CnnLabError, match="smaller batch"):
        train_run(run)
    assert "smaller batch" in run.status().error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
@pytest.mark.parametrize("name", ["steps.jsonl", "history.csv"])
def test_a_disk_that_fills_up_ends_the_run_and_says_so(name):
    run = create_run(SHORT)
    (run.path / name).symlink_to("/dev/full")
    with pytest.raises(StorageError):
        train_run(run)
    assert run.status().state == "failed"
    assert run.status().error.startswith("The disk is full")


def test_the_next_run_has_its_turn_after_one_that_failed(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(setup, "load_dataset", lambda _name, **_options: 1 / 0)
        failing = create_run(SHORT)
        with pytest.raises(ZeroDivisionError):
            train_run(failing)
    following = create_run(SHORT)
    train_run(following)
    assert following.status().state == "finished"


def test_by_the_tutorials_protocol_all_images_are_trained_on_and_the_test_images_watched():
    run = create_run(digits_config(training={"epochs": 2, "protocol": "tutorial", "batch_size": 64}))
    train_run(run)
    report = run.report()
    assert report.is_test_set_watched
    assert report.best_epoch == 2
    # What was watched in the last epoch is what the report says.
    assert run.history()["val_accuracy"].iloc[-1] == pytest.approx(report.accuracy)
    assert run.history()["val_loss"].iloc[-1] == pytest.approx(report.loss, rel=1e-4)
    # All 1,437 training images in batches of 64.
    assert run.steps()["steps"].unique().tolist() == [23]


def test_the_same_run_twice_gives_the_same_answers():
    first, again, other = (create_run(digits_config(seed=seed)) for seed in (4, 4, 5))
    for run in (first, again, other):
        train_run(run)
    np.testing.assert_array_equal(first.predictions().logits, again.predictions().logits)
    assert not np.array_equal(first.predictions().logits, other.predictions().logits)


def test_a_run_never_learns_from_its_validation_images():
    # Every image tells its number by its pixels.
    count = 200
    images = np.arange(count, dtype=np.uint8).repeat(64).reshape(count, 8, 8, 1)
    labels = np.arange(count) % 10
    dataset = Dataset("digits", "Digits", tuple("0123456789"), images, labels, images[:10] + 1, labels[:10], "checksum")
    run = create_run(digits_config(seed=3, training={"validation_share": 0.25}))
    data = setup.training_data(dataset, run.record())
    learned, watched = (set(images[:, 0, 0, 0].tolist()) for images in (data.train_images, data.watched_images))
    assert learned.isdisjoint(watched)
    assert learned | watched == set(range(count))
    assert len(watched) == 50
    # Labels stay with their images, and each class is held back by the same share.
    assert (data.watched_labels == data.watched_images[:, 0, 0, 0] % 10).all()
    assert np.bincount(data.watched_labels).tolist() == [5] * 10


def test_another_seed_holds_other_images_back():
    dataset = load_dataset("digits")
    held = [setup.training_data(dataset, digits_config(seed=seed)).watched_images for seed in (0, 0, 1)]
    np.testing.assert_array_equal(held[0], held[1])
    assert not np.array_equal(held[0], held[2])


def test_a_dataset_that_was_replaced_while_the_run_waited_is_not_trained_on():
    own_dataset("mine", classes=3)
    run = create_run(preset_config("mlp", dataset_card("mine"), training={"batch_size": 8}))
    remove_own("mine")
    own_dataset("mine", classes=3, seed=1)
    with pytest.raises(DatasetError, match="has changed since this run was created"):
        train_run(run)
    assert run.status().state == "failed"
    assert len(run.history()) == 0
