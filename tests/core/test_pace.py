"""How long a preset takes here, by what was trained here."""

import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.models.presets import find_preset, preset_config
from cnn_core.runs.pace import pace_here
from tests.fixtures import set_status, started_run


def run_of(preset, seconds, *, dataset="fashion-mnist", state="finished", **sections):
    run = started_run(preset_config(preset, dataset_card(dataset), **sections))
    set_status(run, state=state, started=1000.0, ended=1000.0 + seconds, earlier_seconds=0.0)
    return run


def promised(preset):
    return find_preset(preset).promise.seconds


def test_before_the_first_run_nothing_is_known():
    assert pace_here() is None


def test_the_quickest_run_counts():
    run_of("fast", 3 * promised("fast"), seed=1)
    run_of("fast", 1.5 * promised("fast"), seed=2)
    run_of("fast", 2 * promised("fast"), seed=3)
    assert pace_here() == pytest.approx(1.5)


def test_runs_that_are_not_like_the_measured_ones_say_nothing():
    run_of("fast", 1.0, training={"epochs": 1})
    run_of("fast", 1.0, dataset="digits")
    run_of("fast", 1.0, state="stopped")
    run_of("mlp", 1.0)
    assert pace_here() is None
