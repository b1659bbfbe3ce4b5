"""What the pages ask of a worker, the marks that a run keeps, and going back to a position."""

import json
import threading
import time

import numpy as np
import pytest

from cnn_core.errors import ConfigError, RunError
from cnn_core.runs.events import Event
from cnn_core.runs.notes import Notes
from cnn_core.runs.samples import Samples
from cnn_core.runs.store import create_run
from cnn_core.runs.summary import summarise
from cnn_core.runs.writer import RunWriter
from tests.fixtures import (
    EPOCHS,
    STEPS,
    digits_config,
    failed_run,
    finish,
    finished_run,
    paused_run,
    set_status,
    silent_run,
    started_run,
)

ASK = {
    "stop": lambda run: run.requests.stop(),
    "pause": lambda run: run.requests.pause(),
    "resume": lambda run: run.requests.resume(),
    "rate": lambda run: run.requests.change_learning_rate(0.01),
}


def at_once(*actions):
    """Do things in threads that start together; return what each raised."""
    barrier, raised = threading.Barrier(len(actions)), [None] * len(actions)

    def act(number, action):
        barrier.wait()
        try:
            action()
        except Exception as error:
            raised[number] = error

    threads = [threading.Thread(target=act, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_tabs_that_pause_at_once_pause_once_and_one_resume_ends_it():
    run = started_run()
    assert at_once(run.requests.pause, run.requests.pause) == [None, None]
    assert run.requests.has_pause
    run.requests.resume()
    assert not run.requests.has_pause
    run.requests.resume()


@pytest.mark.parametrize("ask", ASK)
@pytest.mark.parametrize(
    ("state", "why"), [("finished", "it has finished"), ("stopped", "it was stopped"), ("failed", "it failed")]
)
def test_a_request_for_a_run_that_just_ended_is_told_and_leaves_nothing(ask, state, why):
    run = started_run()
    finish(run, state=state)
    with pytest.raises(RunError, match=why) as caught:
        ASK[ask](run)
    assert run.id in str(caught.value)
    assert list((run.path / "requests").iterdir()) == []


@pytest.mark.parametrize("ask", ASK)
def test_a_request_for_a_run_whose_worker_is_gone_is_told(ask):
    with pytest.raises(RunError, match="not been heard of"):
        ASK[ask](silent_run())


@pytest.mark.parametrize("ask", ASK)
def test_a_request_for_a_run_that_was_deleted_is_told(ask):
    run = started_run()
    run.path.rename(run.path.with_name(".elsewhere"))
    with pytest.raises(RunError, match="no longer there"):
        ASK[ask](run)


def test_a_run_in_the_queue_has_nothing_to_pause():
    run = create_run(digits_config())
    with pytest.raises(RunError, match="waits in the queue"):
        run.requests.pause()
    assert not run.requests.has_pause


def test_a_learning_rate_is_taken_once_and_the_last_one_counts():
    run = started_run()
    assert run.requests.take_learning_rate() is None
    run.requests.change_learning_rate(0.1)
    run.requests.change_learning_rate(0.02)
    assert run.requests.take_learning_rate() == 0.02
    assert run.requests.take_learning_rate() is None


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.5, float("nan"), float("inf")])
def test_a_learning_rate_that_no_run_could_have_is_refused(rate):
    run = started_run()
    with pytest.raises(ConfigError, match="greater than 0 and at most 1"):
        run.requests.change_learning_rate(rate)
    assert run.requests.take_learning_rate() is None


@pytest.mark.parametrize("content", [b"", b"fast", b"null", b"[1]", b"NaN", b"-1", b"{"])
def test_a_learning_rate_that_cannot_be_read_is_dropped(content):
    run = started_run()
    (run.path / "requests" / "learning-rate").write_bytes(content)
    assert run.requests.take_learning_rate() is None
    assert list((run.path / "requests").iterdir()) == []


def test_while_people_ask_for_rates_the_worker_only_takes_whole_ones():
    run, rates, taken = started_run(), [0.001 * number for number in range(1, 201)], []
    asking = threading.Thread(target=lambda: [run.requests.change_learning_rate(rate) for rate in rates])
    asking.start()
    while asking.is_alive():
        taken.append(run.requests.take_learning_rate())
    taken = [rate for rate in [*taken, run.requests.take_learning_rate()] if rate is not None]
    assert taken[-1] == rates[-1]
    assert taken == sorted(taken)
    assert set(taken) <= set(rates)


def test_a_paused_run_is_active_and_its_time_stands_still():
    run = paused_run()
    status = run.status()
    assert (status.state, status.is_active, run.requests.has_pause) == ("paused", True, True)
    assert status.seconds == pytest.approx(30, abs=2)
    set_status(run, heartbeat=status.heartbeat + 10)
    assert run.status().seconds == status.seconds


def test_a_run_that_goes_on_counts_its_time_on():
    run = paused_run()
    writer = RunWriter(run)
    writer.go_on(phase="training")
    set_status(run, started=time.time() - 5, heartbeat=time.time())
    assert run.status().state == "running"
    assert run.status().seconds == pytest.approx(35, abs=2)


def test_events_come_back_in_their_order_and_damaged_lines_are_left_out():
    run = started_run()
    events = [
        Event(1.5, "paused", 1, 3, STEPS),
        Event(2.5, "learning-rate", 2, 1, STEPS, value=0.01),
        Event(3.5, "diverged", 2, 4, STEPS, message="the loss is no number"),
    ]
    writer = RunWriter(run)
    writer.append_event(events[0])
    foreign = '{"time": 1}\nwords\n{"time": 1, "action": "danced", "epoch": 1, "step": 1, "steps": 4}\n'
    with (run.path / "events.jsonl").open("a") as file:
        file.write(foreign)
    writer.append_event(events[1])
    writer.append_event(events[2])
    with (run.path / "events.jsonl").open("a") as file:
        file.write('{"time": 9, "act')
    assert run.events() == events


def test_a_run_to_which_nothing_happened_has_no_events():
    assert started_run().events() == []


def test_a_name_and_notes_are_kept_and_stand_in_the_summary():
    run = finished_run()
    assert run.notes() == Notes()
    run.save_notes(Notes(name="  the good one ", text="rate was too high\n"))
    assert run.notes() == Notes(name="the good one", text="rate was too high")
    assert (summarise(run).name, summarise(run).note) == ("the good one", "rate was too high")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 3}', b"\xff"])
def test_a_run_is_not_lost_for_damaged_notes(content):
    run = finished_run()
    (run.path / "notes.json").write_bytes(content)
    assert run.notes() == Notes()
    assert summarise(run).state == "finished"


def samples():
    probabilities = np.full((3, 10), 0.1, np.float32)
    return Samples(2, np.arange(3 * 64, dtype=np.uint8).reshape(3, 8, 8, 1), np.array([1, 2, 9]), probabilities)


def test_samples_come_back_as_they_were_written():
    run = started_run()
    assert run.samples() is None
    RunWriter(run).save_samples(samples())
    found = run.samples()
    assert found.epoch == 2
    for name, dtype in (("images", np.uint8), ("labels", np.int64), ("probabilities", np.float32)):
        assert getattr(found, name).dtype == dtype
        np.testing.assert_array_equal(getattr(found, name), getattr(samples(), name))


def test_damaged_samples_are_none():
    run = started_run()
    RunWriter(run).save_samples(samples())
    whole = (run.path / "samples.npz").read_bytes()
    for content in (b"", b"words", whole[: len(whole) // 2]):
        (run.path / "samples.npz").write_bytes(content)
        assert run.samples() is None
    RunWriter(run).save_samples(Samples(1, samples().images, samples().labels[:2], samples().probabilities))
    assert run.samples() is None
    RunWriter(run).save_samples(Samples(1, samples().images, samples().labels + 5, samples().probabilities))
    assert run.samples() is None


def test_steps_of_earlier_versions_have_no_learning_rate():
    run = started_run(epochs=0)
    row = {"epoch": 1, "step": 1, "steps": 4, "loss": 1.0, "accuracy": 0.5, "seconds": 0.1}
    writer = RunWriter(run)
    writer.append_steps(row)
    writer.append_steps({**row, "step": 2, "learning_rate": 0.01})
    rates = run.steps()["learning_rate"]
    assert np.isnan(rates[0])
    assert rates[1] == 0.01


@pytest.mark.parametrize(
    ("epoch", "step", "rows", "last"),
    [
        (2, 0, 2 * STEPS, (2, STEPS)),
        (1, 3, STEPS + 3, (2, 3)),
        (1, 0, STEPS, (1, STEPS)),
        (0, 1, 1, (1, 1)),
        (0, 0, 0, None),
    ],
)
def test_going_back_to_a_position_drops_what_comes_after_it(epoch, step, rows, last):
    run = started_run()
    before = run.steps()
    RunWriter(run).truncate(epoch, step)
    assert run.history()["epoch"].tolist() == list(range(1, epoch + 1))
    steps = run.steps()
    assert len(steps) == rows
    assert steps.equals(before.head(rows))
    if last:
        assert tuple(steps.iloc[-1][["epoch", "step"]]) == last


def test_going_back_drops_damaged_lines_and_the_history_goes_on_after_it():
    run = started_run()
    for name in ("history.csv", "steps.jsonl"):
        with (run.path / name).open("a") as file:
            file.write('words\n{"half": ')
    writer = RunWriter(run)
    writer.truncate(1, 2)
    figures = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"), 0.5)
    writer.append_epoch({"epoch": 2, **figures})
    writer.append_steps({"epoch": 2, "step": 3, "steps": STEPS, **figures})
    assert run.history()["epoch"].tolist() == [1, 2]
    assert run.history()["val_loss"].iloc[-1] == 0.5
    assert run.steps()["step"].tolist() == [*range(1, STEPS + 1), 1, 2, 3]
    for line in (run.path / "steps.jsonl").read_text().splitlines():
        json.loads(line)


def test_going_back_before_anything_was_written_does_nothing():
    run = started_run(epochs=0)
    RunWriter(run).truncate(0, 0)
    assert not (run.path / "history.csv").exists()
    assert not (run.path / "steps.jsonl").exists()


def test_going_back_to_where_one_is_changes_nothing():
    run = started_run()
    before = (run.path / "steps.jsonl").stat()
    RunWriter(run).truncate(EPOCHS, 0)
    assert (run.path / "steps.jsonl").stat().st_ino == before.st_ino


def test_a_run_has_a_checkpoint_as_soon_as_there_is_a_file_of_one():
    run = failed_run()
    assert not run.has_checkpoint
    (run.path / "checkpoint").mkdir()
    assert not run.has_checkpoint
    (run.path / "checkpoint" / "00001-0000000.npz").write_bytes(b"weights")
    assert run.has_checkpoint
    assert summarise(run).has_checkpoint
