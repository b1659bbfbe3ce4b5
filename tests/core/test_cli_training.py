"""Commands that train: any setting by name, going on with a run, the code of a run."""

import ast
import json

import pytest

from cnn_core.runs.store import list_runs
from tests.core.test_cli import TRAIN_KEYS, call, instant_training  # noqa: F401
from tests.fixtures import finished_run, set_status


@pytest.mark.usefixtures("instant_training")
def test_any_setting_can_be_given_by_name(call):  # noqa: F811
    status, _, errors = call(
        *("train", "--dataset", "digits", "--preset", "mlp", "--json", "--epochs", 2),
        *("--set", "training.ema_decay=0.99", "--set", "training.schedule=cosine", "--set", "augmentation.mixup=0.2"),
    )
    assert status == 0, errors
    record = list_runs()[0].record()
    assert (record.training.ema_decay, record.training.schedule, record.training.epochs) == (0.99, "cosine", 2)
    assert record.augmentation.mixup == 0.2


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
