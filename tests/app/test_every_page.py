"""Every page in every state that the runs can be in: it opens, and says what it says without a crash."""

import json
import shutil
import time

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.jobs.job import JobStatus
from cnn_core.jobs.store import start_job
from cnn_core.models.presets import preset_config
from cnn_core.runs.store import create_run, list_runs
from cnn_core.training.adapting import ADAPT
from tests.fixtures import (
    DIGITS_TITLE,
    damaged_run,
    digits_config,
    failed_run,
    finished_run,
    paused_run,
    set_status,
    silent_run,
    started_run,
)

PAGES = {
    "home.py": "CNN Lab",
    "data.py": "Data",
    "train.py": "Train",
    "runs.py": "Runs",
    "evaluate.py": "Evaluate",
    "classify.py": "Classify",
    "learn.py": "Learn",
}


def of_another_version():
    run = finished_run()
    path = run.path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2, "teacher": "a larger network"}))
    return run


def stopped_at_once():
    run = started_run(epochs=0)
    set_status(run, state="stopped", phase="done")
    return run


STATES = {
    "no run": lambda: None,
    "finished": finished_run,
    "stopped": lambda: finished_run(state="stopped"),
    "stopped at once": stopped_at_once,
    "running": started_run,
    "just started": lambda: started_run(epochs=0),
    "paused": paused_run,
    "queued": lambda: create_run(digits_config()),
    "failed": failed_run,
    "killed": silent_run,
    "tutorial": lambda: finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2})),
    "without its dataset": lambda: finished_run(preset_config("mlp", dataset_card("mnist"))),
    "damaged config.json": damaged_run,
    "damaged status.json": lambda: damaged_run("status.json"),
    "damaged report.json": lambda: damaged_run("report.json"),
    "damaged predictions.npz": lambda: damaged_run("predictions.npz"),
    "damaged history.csv": lambda: damaged_run("history.csv", b"epoch;loss\n1;2\n"),
    "damaged steps.jsonl": lambda: damaged_run("steps.jsonl"),
    "another version": of_another_version,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens(visit, page, state):
    STATES[state]()
    app = visit(page)
    assert not app.exception
    assert [title.value for title in app.title] == [PAGES[page]]


@pytest.mark.parametrize("state", [state for state in STATES if state != "no run"])
@pytest.mark.parametrize("page", ["train.py", "evaluate.py", "classify.py"])
def test_a_link_to_a_run_opens_whatever_became_of_the_run(visit, page, state):
    run = STATES[state]()
    app = visit(page, run=run.id)
    assert not app.exception
    assert [title.value for title in app.title] == [PAGES[page]]


@pytest.mark.parametrize("run_id", ["nonsense", "../../etc/passwd", "", "<script>", "x" * 300])
@pytest.mark.parametrize("page", ["train.py", "evaluate.py", "classify.py"])
def test_a_link_to_nothing_opens_the_page_on_another_run(visit, page, run_id):
    run = finished_run()
    app = visit(page, run=run_id)
    assert not app.exception
    assert app.selectbox(key="run").value == run.id
    if run_id:
        assert [warning.value for warning in app.warning if "is not here" in warning.value]
        assert not [warning for warning in app.warning if run_id in warning.value]


def test_the_sidebar_says_what_trains(visit):
    assert "Nothing is training" in visit().sidebar.caption[0].value
    started_run()
    create_run(digits_config())
    (bar,) = visit().sidebar.get("progress")
    assert "**mlp**, 1 waiting" in bar.proto.text
    # Two epochs of two.
    assert bar.proto.value == 100


def test_the_sidebar_says_what_is_taught(visit, processes):
    run = finished_run(preset_config("fast", dataset_card("fashion-mnist")))
    job = start_job(ADAPT, run.id, {"run": run.id, "epochs": 1})
    assert len(processes) == 1
    job.write_status(JobStatus(heartbeat=time.time(), share=0.25))
    (bar,) = visit().sidebar.get("progress")
    assert (bar.proto.text, bar.proto.value) == ("Teaching **fast** people's pictures", 25)
    # What is taught has the turn: a run waits for it.
    create_run(digits_config())
    (bar,) = visit().sidebar.get("progress")
    assert bar.proto.text == "Teaching **fast** people's pictures, 1 waiting"
    started_run()
    (bar,) = visit().sidebar.get("progress")
    assert bar.proto.text == "Training **mlp**, 1 waiting"
    for one in list_runs():
        shutil.rmtree(one.path)
    assert "Nothing is training" in visit().sidebar.caption[0].value


def test_an_error_of_ours_is_a_message_within_the_frame(visit):
    run = damaged_run("predictions.npz", b"words")
    app = visit("evaluate.py", run=run.id)
    assert "'predictions.npz' cannot be read" in app.error[0].value
    assert app.sidebar.caption


def test_the_pages_name_the_dataset_by_its_title(visit):
    app = visit("train.py")
    assert DIGITS_TITLE in app.selectbox(key="dataset").options
