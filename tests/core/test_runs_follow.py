"""Following a file that grows: the same rows as reading it anew, at a cost that does not grow with it."""

import json

import pandas as pd
import pytest

from cnn_core.runs.follow import MOST_ROWS, StepsFollower
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
