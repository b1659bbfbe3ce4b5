"""The command line: JSON only on stdout, its keys, its exit status."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_core import cli
from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_names
from cnn_core.data.load import load_dataset
from cnn_core.models.presets import preset_names
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import find_run, list_runs, runs_folder, showcase
from cnn_core.runs.writer import RunWriter
from tests.fixtures import damaged_run, digits_config, failed_run, finish, finished_run, started_run

TRAIN_KEYS = {
    "run",
    "path",
    "test_accuracy",
    "test_loss",
    "calibrated_loss",
    "val_accuracy",
    "seconds",
    "parameters",
    "epochs",
}
EVALUATE_KEYS = TRAIN_KEYS | {
    "precision",
    "recall",
    "f1",
    "per_class",
    "confusion_matrix",
    "expected_calibration_error",
}
PREDICT_KEYS = {"file", "label", "confidence", "top", "outlier", "outlier_score", "error", "judged"}

ROOT = Path(__file__).parents[2]


@pytest.fixture
def call(monkeypatch, capfd):
    """Call the command line in this process: (exit status, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["cnn_core", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return call


@pytest.fixture
def instant_training(monkeypatch):
    """Runs that are finished as soon as they are started."""

    def start(_launcher, run):
        RunWriter(run).update(state="running", phase="training", epoch=1, started=time.time())
        finish(run)

    monkeypatch.setattr(LocalLauncher, "start", start)


def process(*arguments, **options):
    """The command line as a process of its own, started in another folder than the project's."""
    return subprocess.Popen(
        [sys.executable, "-m", "cnn_core", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=runs_folder().parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


@pytest.fixture
def pictures(tmp_path):
    """A good picture, a broken one, and a path to nothing."""
    good, broken = tmp_path / "seven.png", tmp_path / "broken.png"
    Image.fromarray(load_dataset("digits").test_images[0, :, :, 0]).resize((80, 80), 0).save(good)
    broken.write_bytes(good.read_bytes()[:60])
    return good, broken, tmp_path / "missing.png"


def test_train_as_a_process_prints_one_json_object_and_leaves_a_run():
    training = process("train", "--dataset", "digits", "--preset", "mlp", "--epochs", 1, "--seed", 3, "--json")
    out, err = training.communicate(timeout=120)
    assert training.returncode == 0, err
    assert out.count("\n") == 1
    answer = json.loads(out)
    assert answer.keys() == TRAIN_KEYS
    (run,) = list_runs()
    assert (answer["run"], answer["path"]) == (run.id, str(run.path))
    assert (answer["epochs"], answer["parameters"]) == (1, 50_826)
    assert answer["test_accuracy"] == run.report().accuracy > 0.5
    assert answer["test_loss"] == run.report().loss
    assert 0 < answer["seconds"] < 120
    assert run.record().seed == 3
    assert "epoch 1: loss " in err
    assert "Traceback" not in err


@pytest.fixture
def heeding_ctrl_c():
    """Processes started here heed Ctrl-C, even where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_stops_a_training_and_keeps_what_it_has():
    training = process("train", "--dataset", "digits", "--preset", "mlp", "--epochs", 500, "--json")
    try:
        deadline = time.monotonic() + 90
        while not (list_runs() and len(list_runs()[0].history())):
            assert training.poll() is None, training.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        training.send_signal(signal.SIGINT)
        out, err = training.communicate(timeout=90)
    finally:
        training.kill()
    assert training.returncode == 0, err
    answer = json.loads(out)
    assert answer.keys() == TRAIN_KEYS
    run = find_run(answer["run"])
    assert run.status().state == "stopped"
    assert 1 <= answer["epochs"] < 500
    assert run.has_model
    assert "Stopping after this batch" in err


def test_predict_as_a_process_answers_a_line_a_picture_and_goes_on_after_a_bad_one(pictures):
    good, broken, _ = pictures
    predicting = process("predict", "showcase", good, broken, "--top", 2, "--json")
    out, err = predicting.communicate(timeout=120)
    assert predicting.returncode == 0, err
    first, second = (json.loads(line) for line in out.splitlines())
    assert first.keys() == second.keys() == PREDICT_KEYS
    classes = showcase().record().data.class_names
    assert (first["file"], first["error"]) == (str(good), None)
    assert first["label"] in classes
    assert [guess.keys() for guess in first["top"]] == [{"label", "probability"}] * 2
    assert first["top"][0] == {"label": first["label"], "probability": first["confidence"]}
    assert 1 >= first["top"][0]["probability"] >= first["top"][1]["probability"] >= 0
    assert isinstance(first["outlier"], bool)
    assert isinstance(first["outlier_score"], float)
    assert second["file"] == str(broken)
    assert "broken.png" in second["error"]
    assert (second["label"], second["confidence"], second["top"]) == (None, None, [])


def test_predict_answers_an_image_of_the_test_set_as_the_evaluation_did(call, trained_run, tmp_path):
    dataset, predictions = load_dataset("digits"), trained_run.predictions()
    paths = []
    for index in range(5):
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(dataset.test_images[index, :, :, 0]).save(paths[-1])
    status, out, _ = call("predict", trained_run.path, *paths, "--top", 10, "--json")
    assert status == 0
    # As sure as the validation images taught it to be.
    logits = predictions.logits.astype(float) / trained_run.report().temperature
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = shifted / shifted.sum(1, keepdims=True)
    for index, line in enumerate(out.splitlines()):
        answer = json.loads(line)
        assert answer["label"] == str(predictions.logits[index].argmax())
        found = {guess["label"]: guess["probability"] for guess in answer["top"]}
        assert [found[str(label)] for label in range(10)] == pytest.approx(probabilities[index], abs=1e-3)


def test_predict_with_no_picture_that_can_be_read_fails(call, pictures, trained_run):
    _, broken, missing = pictures
    status, out, _ = call("predict", trained_run.path, broken, missing, "--json")
    assert status == 1
    assert ["broken.png" in json.loads(out.splitlines()[0])["error"], len(out.splitlines())] == [True, 2]
    assert "missing.png" in json.loads(out.splitlines()[1])["error"]


def test_predict_for_people_names_the_picture_and_the_classes(call, pictures, trained_run):
    good, broken, _ = pictures
    status, out, err = call("predict", trained_run.path, good, broken)
    assert status == 0
    assert out.count("\n") == 1
    assert out.startswith(f"{good}: ")
    assert out.count("%") == 3
    assert "broken.png" in err


def test_predict_gives_every_picture_of_a_zip_a_line_and_goes_on_after_the_bad_ones(
    call, pictures, trained_run, tmp_path
):
    good, broken, _ = pictures
    path, damaged = tmp_path / "many.zip", tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(broken, "in/broken.png")
        archive.write(good, "../good.png")
    damaged.write_bytes(path.read_bytes()[:60])
    status, out, _ = call("predict", trained_run.path, damaged, path, good, "--json")
    assert status == 0
    rows = [json.loads(line) for line in out.splitlines()]
    files = [str(damaged), f"{path}/in/broken.png", f"{path}/../good.png", str(good)]
    assert [row["file"] for row in rows] == files
    assert all(row.keys() == PREDICT_KEYS for row in rows)
    assert [row["error"] is None for row in rows] == [False, False, True, True]
    assert rows[2]["label"] == rows[3]["label"]


def test_predict_refuses_to_name_no_classes(call, pictures):
    status, out, _ = call("predict", "showcase", pictures[0], "--top", 0)
    assert (status, out) == (2, "")


def test_evaluate_prints_what_the_contract_says(call):
    run = finished_run()
    status, out, _ = call("evaluate", run.id, "--json")
    assert status == 0
    answer, report = json.loads(out), run.report()
    assert answer.keys() >= EVALUATE_KEYS
    assert answer["run"] == run.id
    assert answer["test_accuracy"] == report.accuracy
    assert np.array(answer["confusion_matrix"]).shape == (10, 10)
    # Every 3 was taken for a 5: rows are the true class.
    assert answer["confusion_matrix"][3][5] == answer["per_class"][3]["support"] > 30
    assert answer["per_class"][3]["recall"] == 0
    assert answer["per_class"][0].keys() >= {"name", "precision", "recall", "f1", "support"}
    assert answer["f1"] == pytest.approx(np.mean([row["f1"] for row in answer["per_class"]]))


def test_evaluate_prints_every_figure_of_the_report(call):
    run = finished_run()
    _, out, _ = call("evaluate", run.id, "--json")
    answer = json.loads(out)
    for name, value in run.report().model_dump(mode="json").items():
        assert answer[name] == value, name
    assert answer["accuracy_low"] < answer["accuracy"] < answer["accuracy_high"]
    assert answer["temperature"] > 0


def test_evaluate_for_people_has_a_row_a_class(call):
    run = finished_run()
    status, out, _ = call("evaluate", run.id)
    assert status == 0
    lines = out.splitlines()
    assert len(lines) == 13
    report = run.report()
    assert f"95 % interval {report.accuracy_low:.2%} to {report.accuracy_high:.2%}" in lines[0]
    assert f"{report.calibrated_error:.2%} at T = {report.temperature:.3f}" in lines[1]
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    _, out, _ = call("evaluate", watched.id)
    assert "T = " not in out
    assert "watched during the training" in out


def test_evaluate_asks_the_network_again_where_it_is_asked_to(call, trained_run):
    path = runs_folder() / "again"
    shutil.copytree(trained_run.path, path)
    (path / "report.json").unlink()
    (path / "predictions.npz").write_bytes(b"words")
    status, out, _ = call("evaluate", "again", "--renew", "--json")
    assert status == 0
    assert json.loads(out)["test_accuracy"] == trained_run.report().accuracy
    assert (path / "report.json").is_file()
    assert call("evaluate", "again")[0] == 0


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (lambda: "showcase", "never written"),
        (lambda: started_run().id, "is running"),
        (lambda: failed_run().id, "network"),
    ],
)
def test_what_cannot_be_evaluated_anew_ends_with_2_and_says_why(call, reference, expected):
    status, out, err = call("evaluate", reference(), "--renew", "--json")
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert expected in err


def test_a_damaged_run_that_is_to_be_evaluated_anew_ends_with_1(call):
    status, out, err = call("evaluate", damaged_run("status.json").id, "--renew")
    assert (status, out) == (1, "")
    assert "status.json" in err


def test_a_run_is_named_by_id_by_path_or_as_the_showcase(call):
    run = finished_run()
    for reference, expected in ((run.id, run.id), (run.path, run.id), ("showcase", "showcase")):
        status, out, _ = call("evaluate", reference, "--json")
        assert (status, json.loads(out)["run"]) == (0, expected)


def test_runs_are_listed_as_json_damaged_ones_too(call):
    finished, running, failed, damaged = finished_run(), started_run(), failed_run(), damaged_run()
    status, out, _ = call("runs", "--json")
    assert status == 0
    rows = {row["id"]: row for row in json.loads(out)}
    assert {rows[run.id]["state"] for run in (finished, running, failed, damaged)} == {
        "finished",
        "running",
        "failed",
        "damaged",
    }
    assert rows[finished.id]["test_accuracy"] == finished.report().accuracy
    assert "config.json" in rows[damaged.id]["message"]


def test_no_runs_are_an_empty_list(call):
    assert call("runs", "--json")[:2] == (0, "[]\n")
    status, out, err = call("runs")
    assert (status, out) == (0, "")
    assert "cnn_core train" in err


def test_datasets_are_listed_as_json(call):
    status, out, _ = call("datasets", "--json")
    assert status == 0
    rows = {row["name"]: row for row in json.loads(out)}
    assert tuple(rows) == dataset_names()
    assert rows["digits"]["state"] == "ready"
    assert rows["mnist"]["state"] == "missing"
    assert rows["fashion-mnist"]["image_shape"] == [28, 28, 1]


@pytest.mark.usefixtures("instant_training")
def test_presets_are_listed_as_json_that_train_accepts(call, tmp_path):
    status, out, _ = call("presets", "--json")
    assert status == 0
    rows = json.loads(out)
    assert [row["name"] for row in rows] == list(preset_names())
    settings = {key: rows[1][key] for key in ("model", "training", "augmentation")}
    settings["model"]["enlarge_to"] = 28
    (tmp_path / "mine.json").write_text(json.dumps({**settings, "dataset": "digits", "preset": rows[1]["name"]}))
    assert call("train", "--config", tmp_path / "mine.json", "--json")[0] == 0
    assert list_runs()[0].record().training.model_dump(mode="json") == settings["training"]


@pytest.mark.parametrize("command", ["datasets", "presets"])
def test_lists_for_people_have_a_line_each(call, command):
    status, out, _ = call(command)
    names = {"datasets": dataset_names(), "presets": preset_names()}[command]
    assert status == 0
    assert tuple(line.split()[0] for line in out.splitlines()) == names


@pytest.mark.usefixtures("instant_training")
def test_the_options_of_train_end_up_in_the_configuration(call):
    status, out, _ = call(
        *("train", "--dataset", "digits", "--preset", "tutorial-cnn", "--epochs", 3, "--seed", 5, "--json"),
        *("--batch-size", 32, "--learning-rate", 0.01, "--optimizer", "sgd", "--dropout", 0.25),
        *("--loss", "categorical_crossentropy", "--protocol", "tutorial", "--validation-share", 0.2),
    )
    assert status == 0
    record = find_run(json.loads(out)["run"]).record()
    assert (record.dataset, record.preset, record.seed, record.model.dropout) == (
        "digits",
        "tutorial-cnn",
        5,
        0.25,
    )
    training = record.training
    assert (training.epochs, training.batch_size, training.learning_rate) == (3, 32, 0.01)
    assert (training.optimizer, training.loss) == ("sgd", "categorical_crossentropy")
    assert (training.protocol, training.validation_share) == ("tutorial", 0.2)


@pytest.mark.usefixtures("instant_training")
def test_options_outweigh_the_file_and_the_file_outweighs_the_preset(call, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"dataset": "digits", "preset": "mlp", "seed": 8, "training": {"epochs": 7, "batch_size": 20}}')
    status, out, _ = call("train", "--config", path, "--epochs", 4, "--json")
    assert status == 0
    record = find_run(json.loads(out)["run"]).record()
    assert (record.dataset, record.preset, record.seed) == ("digits", "mlp", 8)
    assert (record.training.epochs, record.training.batch_size) == (4, 20)


@pytest.mark.usefixtures("instant_training")
def test_the_config_of_a_run_asks_for_the_same_run_again(call):
    original = finished_run()
    status, out, _ = call("train", "--config", original.path / "config.json", "--json")
    assert status == 0
    fields = set(RunConfig.model_fields)
    again = find_run(json.loads(out)["run"]).record()
    assert again.model_dump(include=fields) == original.record().model_dump(include=fields)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--dataset", "shapes"],
        ["train", "--dataset", "digits", "--preset", "huge"],
        ["train", "--dataset", "digits", "--epochs", "0"],
        ["train", "--dataset", "digits", "--epochs", "many"],
        ["train", "--dataset", "digits", "--learning-rate", "nan"],
        ["train", "--dataset", "digits", "--learning-rate", "2"],
        ["train", "--dataset", "digits", "--seed", "-1"],
        ["train", "--dataset", "digits", "--dropout", "1"],
        ["train", "--dataset", "digits", "--optimizer", "adagrad"],
        ["train", "--dataset", "digits", "--loss", "hinge"],
        ["train", "--config", "no-such-file.json"],
        ["train", "--speed", "9"],
        ["evaluate", "nonsense"],
        ["evaluate", "../.."],
        ["evaluate", ""],
        ["evaluate"],
        ["predict", "nonsense", "picture.png"],
        ["predict", "showcase"],
        ["dance"],
    ],
)
def test_a_wrong_call_ends_with_2_and_a_word_on_stderr(call, arguments):
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err
    assert list_runs() == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1, 2]",
        "null",
        '{"epochs": 3}',
        '{"training": {"epochs": -1}}',
        '{"training": {"epocs": 3}}',
        '{"training": [1]}',
        '{"training": {"learning_rate": NaN}}',
        '{"optimiser": {"name": "adam"}}',
        '{"seed": {"value": 3}}',
        '{"dataset": 5}',
        '{"dataset": null}',
        '{"dataset": "shapes"}',
        '{"preset": ["fast"]}',
        '{"preset": 5}',
        '{"model": {"blocks": [{"kind": "conv", "filters": 4, "kernel": 9}]}}',
        '{"model": {"blocks": [{"kind": "dense", "units": 4}, {"kind": "conv", "filters": 4}]}}',
    ],
)
def test_a_bad_config_file_ends_with_2_and_a_sentence(call, tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_text(content)
    options = [] if '"dataset"' in content else ["--dataset", "digits"]
    status, out, err = call("train", *options, "--config", path)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.rstrip().endswith(".")
    assert list_runs() == []


@pytest.mark.parametrize("name", ["status.json", "report.json"])
def test_a_broken_run_ends_with_1_and_names_the_file(call, name):
    status, out, err = call("evaluate", damaged_run(name).id, "--json")
    assert (status, out) == (1, "")
    assert err.startswith("Error: ")
    assert name in err


def test_a_run_without_an_evaluation_ends_with_1_and_says_why(call):
    status, out, err = call("evaluate", started_run().id)
    assert (status, out) == (1, "")
    assert "has no evaluation yet" in err


def test_a_network_that_cannot_be_loaded_ends_with_1(call, pictures):
    status, out, err = call("predict", finished_run().id, pictures[0], "--json")
    assert (status, out) == (1, "")
    assert "model.keras' is damaged" in err


def test_a_training_that_failed_ends_with_1_and_its_reason(call, monkeypatch):
    monkeypatch.setattr(
        LocalLauncher, "start", lambda _launcher, run: RunWriter(run).end("failed", "The disk is full.")
    )
    status, out, err = call("train", "--dataset", "digits", "--json")
    assert (status, out) == (1, "")
    assert "failed. The disk is full." in err


def test_a_folder_that_cannot_be_written_ends_with_1(call, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file"))
    status, out, err = call("train", "--dataset", "digits", "--json")
    assert (status, out) == (1, "")
    assert "CNN_LAB_RUNS" in err
