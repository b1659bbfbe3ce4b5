"""A saved network is asked again: the same answers, and nothing is written where that cannot be."""

import json
import os
import shutil
import time

import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError, RunError
from cnn_core.evaluation.measures import energy
from cnn_core.runs.directory import Run
from cnn_core.runs.lifecycle import delete_run
from cnn_core.runs.queue import worker_lock
from cnn_core.runs.store import runs_folder, showcase
from cnn_core.training import evaluating
from cnn_core.training.evaluating import evaluate_network, renew_evaluation, why_not_evaluated_anew
from cnn_core.training.setup import training_data
from tests.fixtures import digits_config, finished_run, set_status, started_run


@pytest.fixture
def run(trained_run):
    """A copy of the run that was really trained."""
    path = runs_folder() / trained_run.id
    shutil.copytree(trained_run.path, path)
    return Run(path)


def contents(run):
    names = ("report.json", "predictions.npz", "status.json", "model.keras", "history.csv")
    return {name: (run.path / name).read_bytes() for name in names if (run.path / name).exists()}


def nearly(report):
    """Its numbers, to be compared: another order of additions changes the last bits."""
    fields = report.model_dump(exclude={"per_class", "confusion_matrix"})
    return pytest.approx(fields, rel=1e-3, abs=1e-4)


def test_a_training_keeps_its_validation_answers_and_a_temperature(trained_run):
    record, dataset, predictions = trained_run.record(), load_dataset("digits"), trained_run.predictions()
    data = training_data(dataset, record)
    np.testing.assert_array_equal(predictions.validation.labels, data.watched_labels)
    assert len(data.watched_labels) == 144
    report = trained_run.report()
    right = (predictions.validation.logits.argmax(axis=1) == data.watched_labels).mean()
    assert report.val_accuracy == pytest.approx(right)
    assert 0.05 <= report.temperature <= 20
    assert report.outlier_threshold == pytest.approx(np.quantile(energy(predictions.validation.logits), 0.95))


def test_asked_again_the_network_gives_the_same_answers(run, trained_run):
    report = renew_evaluation(run)
    assert report.model_dump(exclude={"per_class", "confusion_matrix"}) == nearly(trained_run.report())
    assert run.report() == report
    before, after = trained_run.predictions(), run.predictions()
    np.testing.assert_allclose(after.logits, before.logits, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(after.validation.logits, before.validation.logits, rtol=1e-3, atol=1e-3)
    assert run.status() == trained_run.status()


@pytest.mark.parametrize("lost", [("predictions.npz",), ("report.json",), ("report.json", "predictions.npz")])
def test_what_is_lost_or_damaged_is_there_again(run, trained_run, lost):
    for name in lost:
        (run.path / name).unlink()
    renew_evaluation(run)
    assert run.report().model_dump(exclude={"per_class", "confusion_matrix"}) == nearly(trained_run.report())
    assert len(run.predictions()) == 360
    for name in lost:
        (run.path / name).write_bytes(b"{half")
    renew_evaluation(run)
    assert run.report().best_epoch == trained_run.report().best_epoch
    assert len(run.predictions().validation) == 144


def test_a_run_that_watched_the_test_images_gets_no_temperature(run):
    path = run.path / "config.json"
    config = json.loads(path.read_text())
    config["training"]["protocol"] = "tutorial"
    path.write_text(json.dumps(config))
    report = renew_evaluation(run)
    assert report.is_test_set_watched
    assert (report.temperature, report.calibrated_loss, report.calibrated_error) == (None, None, None)
    predictions = run.predictions()
    assert predictions.validation is None
    assert report.outlier_threshold == pytest.approx(np.quantile(energy(predictions.logits), 0.95))


def test_the_epoch_of_a_run_without_an_evaluation_is_that_of_its_history(run):
    (run.path / "report.json").unlink()
    lines = (run.path / "history.csv").read_text().splitlines()
    # The second epoch becomes the best by far.
    row = lines[2].split(",")
    row[lines[0].split(",").index("val_accuracy")] = "0.9999"
    (run.path / "history.csv").write_text("\n".join([*lines[:2], ",".join(row), *lines[3:]]) + "\n")
    assert renew_evaluation(run).best_epoch == 2
    assert run.report().val_accuracy == pytest.approx(0.9999)


def epochs_twice(run):
    """Let the best epoch stand twice in the history, as after a worker that was killed and went on."""
    path = run.path / "history.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *rows, *rows]) + "\n")


def test_an_epoch_that_stands_twice_in_the_history_counts_once(run, trained_run):
    (run.path / "report.json").unlink()
    epochs_twice(run)
    before = trained_run.report()
    report = renew_evaluation(run)
    assert (report.best_epoch, report.val_accuracy) == (before.best_epoch, pytest.approx(before.val_accuracy))


def test_a_network_that_is_newer_than_its_evaluation_gets_the_epoch_of_the_history(run):
    report = json.loads((run.path / "report.json").read_text())
    of_history = report["best_epoch"]
    stale = {**report, "best_epoch": 77, "val_accuracy": 0.01}
    (run.path / "report.json").write_text(json.dumps({**stale, "model_sha256": "0" * 64}))
    assert renew_evaluation(run).best_epoch == of_history
    # Older versions did not say of which network an evaluation is.
    del stale["model_sha256"]
    (run.path / "report.json").write_text(json.dumps(stale))
    written = (run.path / "report.json").stat().st_mtime
    os.utime(run.path / "model.keras", (written + 10, written + 10))
    assert renew_evaluation(run).best_epoch == of_history


def test_the_epoch_of_an_evaluation_of_the_same_network_is_kept(run):
    report = json.loads((run.path / "report.json").read_text())
    changed = {**report, "best_epoch": 77, "val_accuracy": 0.01}
    (run.path / "report.json").write_text(json.dumps(changed))
    # A copy of the folder has other times, but the same files.
    written = (run.path / "report.json").stat().st_mtime
    os.utime(run.path / "model.keras", (written + 10, written + 10))
    assert renew_evaluation(run).best_epoch == 77


def test_an_active_run_is_left_alone(run):
    set_status(run, state="running", phase="training", heartbeat=time.time())
    before = contents(run)
    with pytest.raises(RunError, match="is running: it is evaluated when it ends"):
        renew_evaluation(run)
    assert contents(run) == before
    assert "is running" in why_not_evaluated_anew(started_run())


def test_the_showcase_is_never_written():
    before = contents(showcase())
    with pytest.raises(RunError, match="never written"):
        renew_evaluation(showcase())
    assert contents(showcase()) == before


def test_without_a_network_there_is_nothing_to_ask(run):
    (run.path / "model.keras").unlink()
    before = contents(run)
    with pytest.raises(RunError, match="no network to evaluate"):
        renew_evaluation(run)
    assert contents(run) == before


def test_a_damaged_network_is_told_and_the_evaluation_stays(run):
    (run.path / "model.keras").write_bytes(b"no network")
    before = contents(run)
    with pytest.raises(RunError, match=r"'model\.keras' is damaged"):
        renew_evaluation(run)
    assert contents(run) == before


def test_a_dataset_that_changed_since_is_refused(run):
    path = run.path / "config.json"
    config = json.loads(path.read_text())
    config["data"]["checksum"] = "0" * 64
    path.write_text(json.dumps(config))
    before = contents(run)
    with pytest.raises(RunError, match=r"has changed since run .* was trained"):
        renew_evaluation(run)
    assert contents(run) == before


def test_a_dataset_that_is_not_here_is_told(run):
    path = run.path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "dataset": "fashion-mnist"}))
    before = contents(run)
    with pytest.raises(DatasetError, match="not on this machine"):
        renew_evaluation(run)
    assert contents(run) == before


def test_a_run_that_is_taken_up_meanwhile_is_left_to_its_worker(run, monkeypatch):
    def evaluate_and_start(*args, **settings):
        found = evaluate_network(*args, **settings)
        set_status(run, state="queued", heartbeat=time.time())
        return found

    monkeypatch.setattr(evaluating, "evaluate_network", evaluate_and_start)
    before = {name: content for name, content in contents(run).items() if name != "status.json"}
    with pytest.raises(RunError, match="taken up again meanwhile"):
        renew_evaluation(run)
    assert before.items() <= contents(run).items()


def test_a_network_that_is_replaced_meanwhile_keeps_its_own_evaluation(run, monkeypatch):
    def evaluate_and_replace(*args, **settings):
        found = evaluate_network(*args, **settings)
        (run.path / "model.keras").write_bytes(b"another network")
        return found

    monkeypatch.setattr(evaluating, "evaluate_network", evaluate_and_replace)
    before = {name: content for name, content in contents(run).items() if name != "model.keras"}
    with pytest.raises(RunError, match="taken up again meanwhile"):
        renew_evaluation(run)
    assert before.items() <= contents(run).items()


def test_a_run_that_is_deleted_meanwhile_does_not_come_back(run, monkeypatch):
    def evaluate_and_delete(*args, **settings):
        found = evaluate_network(*args, **settings)
        delete_run(run)
        return found

    monkeypatch.setattr(evaluating, "evaluate_network", evaluate_and_delete)
    with pytest.raises(RunError, match="no longer there"):
        renew_evaluation(run)
    assert not run.path.exists()


def test_a_run_that_a_worker_holds_is_left_alone(run):
    before = contents(run)
    with worker_lock(run), pytest.raises(RunError, match="has a worker already"):
        renew_evaluation(run)
    assert contents(run) == before


class BrokenModel:
    """A network whose weights are gone: it answers the first two images of each kind with NaN."""

    layers = ()

    def count_params(self):
        return 1

    def predict_on_batch(self, images):
        logits = np.zeros((len(images), 10), np.float32)
        logits[:2] = np.nan
        return logits


def test_a_network_whose_answers_are_no_numbers_is_not_evaluated(monkeypatch):
    from cnn_core.training import predicting

    monkeypatch.setattr(predicting, "prediction_batch", lambda _: 500)
    dataset = load_dataset("digits")
    data = training_data(dataset, digits_config())
    with pytest.raises(RunError, match=r"2 of 360 test images .* not a number.*Train again"):
        evaluate_network(BrokenModel(), dataset, data, digits_config(), best_epoch=1, val_accuracy=None)


def test_a_finished_run_can_be_evaluated_anew_as_far_as_a_glance_tells():
    assert why_not_evaluated_anew(finished_run()) is None
