"""Following a run's files as they grow: what reading them anew would give, at a cost that does not grow with them."""

import json

import pandas as pd
import pytest

from cnn_core.errors import RunError
from cnn_core.runs.events import Event
from cnn_core.runs.follow import MOST_EVENTS, MOST_ROWS, EventsFollower, HistoryFollower, StepsFollower
from cnn_core.runs.writer import RunWriter
from tests.fixtures import EPOCHS, STEPS, started_run


@pytest.fixture
def run():
    return started_run()


def row(number):
    return {"epoch": 3, "step": number, "steps": 9999, "loss": 0.5, "accuracy": 0.9, "seconds": number / 4}


def append(run, text):
    with (run.path / "steps.jsonl").open("a") as file:
        file.write(text)


def test_what_is_there_is_read_at_once(run):
    pd.testing.assert_frame_equal(StepsFollower(run).steps(), run.steps())
    assert len(run.steps()) == EPOCHS * STEPS


def test_what_comes_later_is_read_on(run):
    follower, writer = StepsFollower(run), RunWriter(run)
    for number in range(1, 4):
        writer.append_steps(row(number))
        pd.testing.assert_frame_equal(follower.steps(), run.steps())
    assert follower.steps()["step"].iloc[-1] == 3


def test_a_line_written_in_two_parts_is_one_row(run):
    follower, line = StepsFollower(run), json.dumps(row(1)) + "\n"
    before = len(follower.steps())
    append(run, line[:20])
    assert len(follower.steps()) == before
    append(run, line[20:])
    assert len(follower.steps()) == before + 1
    pd.testing.assert_frame_equal(follower.steps(), run.steps())


def test_a_damaged_line_is_passed_over_once_and_for_all(run):
    follower = StepsFollower(run)
    append(run, 'half a li{"epoch": 1}\n[1]\n' + json.dumps(row(1)) + "\n")
    assert follower.steps()["step"].iloc[-1] == 1
    assert len(follower.steps()) == EPOCHS * STEPS + 1


def test_a_long_curve_is_thinned_evenly_and_keeps_its_last_point(run):
    follower = StepsFollower(run)
    for start in range(1, 6002, 500):
        append(run, "".join(json.dumps(row(number)) + "\n" for number in range(start, start + 500)))
        steps = follower.steps()
        assert len(steps) <= MOST_ROWS
        assert steps["step"].iloc[-1] == start + 499
        assert steps["step"][steps["epoch"] == 3].is_monotonic_increasing
    places = steps["step"][steps["epoch"] == 3]
    # The beginning, where the curve is steepest, is as dense as the end: of 6,500 rows every fourth is left.
    assert places.iloc[0] <= 4
    assert places.diff().max() <= 4


def test_before_the_first_step_there_is_an_empty_table():
    run = started_run(epochs=0)
    follower = StepsFollower(run)
    assert follower.steps().empty
    RunWriter(run).append_steps(row(1))
    assert len(follower.steps()) == 1


def test_steps_that_were_dropped_for_a_resumed_run_are_forgotten(run):
    follower, writer = StepsFollower(run), RunWriter(run)
    follower.steps()
    writer.truncate(1, 2)
    pd.testing.assert_frame_equal(follower.steps(), run.steps())
    assert len(follower.steps()) == STEPS + 2


def test_a_file_written_anew_and_longer_than_before_is_read_from_its_start(run):
    follower, writer = StepsFollower(run), RunWriter(run)
    follower.steps()
    writer.truncate(1, 0)
    for number in range(1, 40):
        writer.append_steps(row(number))
    # Nobody looked in between: the size alone would not tell.
    pd.testing.assert_frame_equal(follower.steps(), run.steps())


def test_steps_that_vanish_are_forgotten(run):
    follower = StepsFollower(run)
    follower.steps()
    (run.path / "steps.jsonl").unlink()
    assert follower.steps().empty


def test_after_every_second_row_went_the_last_one_is_still_shown(run):
    follower = StepsFollower(run)
    first = len(run.steps())
    append(run, "".join(json.dumps(row(number)) + "\n" for number in range(1, MOST_ROWS - first + 1)))
    steps = follower.steps()
    assert len(steps) == MOST_ROWS // 2 + 1
    assert steps["step"].iloc[-1] == MOST_ROWS - first


def epoch_row(epoch):
    figures = {"loss": 1 / epoch, "accuracy": 0.5, "val_loss": 0.4, "val_accuracy": 0.75}
    return {"epoch": epoch, **figures, "learning_rate": 1e-3, "seconds": 2.5}


def test_the_history_is_read_on_epoch_by_epoch(run):
    follower, writer = HistoryFollower(run), RunWriter(run)
    for epoch in range(EPOCHS + 1, EPOCHS + 4):
        pd.testing.assert_frame_equal(follower.history(), run.history())
        writer.append_epoch(epoch_row(epoch))
    assert follower.history()["epoch"].tolist() == [1, 2, 3, 4, 5]


def test_epochs_that_were_dropped_for_a_resumed_run_are_forgotten(run):
    follower, writer = HistoryFollower(run), RunWriter(run)
    follower.history()
    writer.truncate(1, 0)
    writer.append_epoch(epoch_row(2))
    writer.append_epoch(epoch_row(3))
    pd.testing.assert_frame_equal(follower.history(), run.history())


def test_before_the_first_epoch_the_history_is_empty():
    run = started_run(epochs=0)
    follower = HistoryFollower(run)
    assert follower.history().empty
    RunWriter(run).append_epoch(epoch_row(1))
    assert follower.history()["val_accuracy"].tolist() == [0.75]


def test_a_table_that_somebody_keeps_does_not_change(run):
    follower = HistoryFollower(run)
    kept = follower.history()
    RunWriter(run).truncate(0, 0)
    RunWriter(run).append_epoch(epoch_row(7))
    follower.history()
    assert kept["epoch"].tolist() == [1, 2]


def test_a_damaged_line_of_the_history_is_passed_over(run):
    follower = HistoryFollower(run)
    with (run.path / "history.csv").open("a") as file:
        file.write("half a li\n3,0.1,0.2,\nfour,1,1,1,1,1,1\n")
    assert follower.history()["epoch"].tolist() == [1, 2]


def test_a_history_with_other_columns_is_told(run):
    (run.path / "history.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RunError, match="columns"):
        HistoryFollower(run).history()


def event(step):
    return Event(time=1.0, action="paused", epoch=1, step=step, steps=10_000)


def test_events_are_read_on_and_the_last_ones_kept(run):
    follower, writer = EventsFollower(run), RunWriter(run)
    assert follower.events() == []
    writer.append_event(event(1))
    assert follower.events() == run.events() == [event(1)]
    for step in range(2, MOST_EVENTS + 3):
        writer.append_event(event(step))
    assert follower.events() == [event(step) for step in range(3, MOST_EVENTS + 3)]
