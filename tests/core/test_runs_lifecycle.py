"""After its end a run goes on, trains further, or is deleted; nothing of it is lost on the way."""

import json
import shutil
import threading
import time

import pytest

from cnn_core.errors import ConfigError, RunError, StorageError
from cnn_core.runs import lifecycle
from cnn_core.runs.lifecycle import delete_run, extend_run, resume_run
from cnn_core.runs.queue import waiting_runs, worker_lock
from cnn_core.runs.store import active_runs, create_run, list_runs, runs_folder, showcase
from cnn_core.runs.summary import summarise
from cnn_core.runs.writer import RunWriter
from tests.fixtures import (
    EPOCHS,
    damaged_run,
    digits_config,
    failed_run,
    finished_run,
    paused_run,
    resumable_run,
    set_status,
    silent_run,
    started_run,
)

ACTIVE = {"queued": lambda: create_run(digits_config()), "running": started_run, "paused": paused_run}
AT_REST = {
    "finished": finished_run,
    "stopped": lambda: finished_run(state="stopped"),
    "failed": failed_run,
    "lost": silent_run,
    "damaged": damaged_run,
    "without a status": lambda: damaged_run("status.json"),
}
CHANGES = {
    "resumed": resume_run,
    "trained further": lambda run: extend_run(run, 3, 0.01),
    "deleted": delete_run,
}


def files_of(run):
    return {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file() and path.suffix != ".lock"}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("state", ACTIVE)
def test_an_active_run_is_left_alone(state, change):
    run = ACTIVE[state]()
    before = files_of(run)
    with pytest.raises(RunError, match=f"cannot be {change} while it is {state}. Stop it first"):
        CHANGES[change](run)
    assert files_of(run) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_silent_run_whose_worker_still_lives_is_left_alone(change):
    run = silent_run()
    before = files_of(run)
    with worker_lock(run), pytest.raises(RunError, match="has a worker already"):
        CHANGES[change](run)
    assert files_of(run) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_somebody_else_deleted_is_told(change):
    run = finished_run()
    delete_run(run)
    with pytest.raises(RunError, match="no longer there"):
        CHANGES[change](run)


@pytest.mark.parametrize("state", AT_REST)
def test_a_run_at_rest_is_deleted_and_the_others_stay(state):
    other, run = finished_run(), AT_REST[state]()
    delete_run(run)
    assert list_runs() == [other]
    assert not list(runs_folder().glob(".deleting-*"))


def test_a_run_that_is_being_deleted_is_not_listed(monkeypatch):
    run, seen = finished_run(), []
    remove = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda *args, **options: (seen.append(list_runs()), remove(*args, **options)))
    delete_run(run)
    assert seen == [[]]


def test_what_could_not_be_removed_goes_with_the_next_deletion(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_args, **_options: None)
        delete_run(finished_run())
    assert len(list(runs_folder().glob(".deleting-*"))) == 1
    assert list_runs() == []
    delete_run(finished_run())
    assert not list(runs_folder().glob(".deleting-*"))


def test_the_showcase_is_not_deleted():
    with pytest.raises(RunError, match="ships with CNN Lab"):
        delete_run(showcase())
    assert showcase().has_model


@pytest.mark.parametrize("make", [lambda: resumable_run(state="stopped"), lambda: resumable_run(state="failed")])
def test_a_run_that_is_resumed_is_queued_and_keeps_what_it_has(make):
    run = make()
    before, seconds = files_of(run), run.status().seconds
    waiting = create_run(digits_config())
    resume_run(run)
    status = run.status()
    assert (status.state, status.phase, status.error, status.ended) == ("queued", "waiting", None, None)
    assert time.time() - status.heartbeat < 5
    assert (status.epoch, status.epochs) == (EPOCHS, EPOCHS)
    assert status.seconds == pytest.approx(seconds)
    after = files_of(run)
    assert {name for name in after if after[name] != before[name]} == {"status.json"}
    assert after.keys() == before.keys()
    assert run.has_checkpoint
    # It comes after the runs that waited before it.
    assert [run.id for run, _, _ in waiting_runs()] == [waiting.id, run.id]


def test_a_run_that_lost_its_worker_is_resumed():
    run = silent_run()
    resume_run(run)
    assert (run.status().state, run.status().is_lost) == ("queued", False)
    assert len(run.history()) == EPOCHS


def test_a_resumed_run_does_not_obey_what_was_asked_of_the_worker_before():
    run = started_run()
    run.requests.pause()
    run.requests.change_learning_rate(0.5)
    run.requests.stop()
    RunWriter(run).end("stopped")
    resume_run(run)
    assert not run.requests.has_stop
    assert not run.requests.has_pause
    assert run.requests.take_learning_rate() is None


def test_of_two_people_who_resume_at_once_one_is_told():
    run = resumable_run()
    barrier, raised = threading.Barrier(2), []

    def resume():
        barrier.wait()
        try:
            resume_run(run)
        except RunError as error:
            raised.append(str(error))

    people = [threading.Thread(target=resume) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(raised) == 1
    assert "while it is queued" in raised[0]
    assert run.status().state == "queued"


def test_a_finished_run_has_nothing_to_resume():
    run = resumable_run(state="finished")
    with pytest.raises(RunError, match=r"has finished: there is nothing to resume. Train more epochs"):
        resume_run(run)
    assert run.status().state == "finished"


@pytest.mark.parametrize("change", [resume_run, lambda run: extend_run(run, 1, 0.1)])
@pytest.mark.parametrize("name", ["config.json", "status.json"])
def test_a_damaged_run_does_not_go_on_and_says_which_file_it_is(change, name):
    run = damaged_run(name)
    with pytest.raises(RunError, match=f"'{name}' cannot be read"):
        change(run)


@pytest.mark.parametrize("state", ["finished", "stopped"])
def test_more_epochs_are_written_down_and_the_run_is_queued(state):
    run = resumable_run(state=state)
    before = json.loads((run.path / "config.json").read_text())
    extend_run(run, 3, 0.01)
    stored = json.loads((run.path / "config.json").read_text())
    assert stored["training"].pop("continuations") == [{"after_epoch": EPOCHS, "epochs": 3, "learning_rate": 0.01}]
    before["training"].pop("continuations")
    assert stored == before
    assert run.record().training.total_epochs == EPOCHS + 3
    status = run.status()
    assert (status.state, status.epoch, status.epochs) == ("queued", EPOCHS, EPOCHS + 3)


def test_a_run_is_extended_again_and_again():
    run = resumable_run(state="finished")
    for epochs in (3, 2):
        extend_run(run, epochs, 0.01)
        RunWriter(run).end("finished")
    assert [more.epochs for more in run.record().training.continuations] == [3, 2]


def test_an_extended_run_whose_worker_never_starts_loses_nothing():
    run = resumable_run(state="finished")
    before, row = files_of(run), summarise(run)
    extend_run(run, 3, 0.01)
    set_status(run, heartbeat=time.time() - 60)
    status = run.status()
    assert (status.state, status.is_lost) == ("failed", True)
    after = files_of(run)
    assert {name for name in before if after[name] != before[name]} == {"config.json", "status.json"}
    assert summarise(run).test_accuracy == row.test_accuracy
    assert active_runs() == []
    resume_run(run)
    assert (run.status().state, run.status().epochs) == ("queued", EPOCHS + 3)


def test_a_run_without_a_checkpoint_is_not_extended_and_says_what_to_do():
    run = finished_run()
    with pytest.raises(RunError, match=r"it has no checkpoint.*Clone it"):
        extend_run(run, 3, 0.01)
    assert run.status().state == "finished"


def test_a_run_that_failed_is_resumed_not_extended():
    with pytest.raises(RunError, match=r"failed and cannot be trained further. Resume it first"):
        extend_run(resumable_run(state="failed"), 3, 0.01)


@pytest.mark.parametrize(("epochs", "rate"), [(0, 0.01), (501, 0.01), (3, 0.0), (3, 2.0), (3, float("nan"))])
def test_epochs_or_a_rate_that_are_not_possible_change_nothing(epochs, rate):
    run = resumable_run(state="finished")
    before = files_of(run)
    with pytest.raises(ConfigError, match="Please change the settings"):
        extend_run(run, epochs, rate)
    assert files_of(run) == before


def test_more_epochs_than_a_run_can_have_are_refused():
    run = resumable_run(digits_config(training={"epochs": 500}), state="finished")
    extend_run(run, 500, 0.01)
    RunWriter(run).end("finished")
    extend_run(run, 500, 0.01)
    RunWriter(run).end("finished")
    # The checkpoint decides where the run stands: at the beginning of epoch 901.
    (run.path / "checkpoint" / "00901-0000000.npz").write_bytes(b"")
    with pytest.raises(ConfigError, match="too many"):
        extend_run(run, 500, 0.01)


def test_a_status_that_cannot_be_written_leaves_the_configuration_as_it_was(monkeypatch):
    run = resumable_run(state="finished")
    before = files_of(run)
    write = lifecycle.write_atomically

    def full(path, content):
        if path.name == "status.json":
            raise StorageError("The disk is full.")
        write(path, content)

    monkeypatch.setattr(lifecycle, "write_atomically", full)
    with pytest.raises(StorageError):
        extend_run(run, 3, 0.01)
    assert files_of(run) == before
