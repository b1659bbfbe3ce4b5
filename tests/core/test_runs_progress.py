"""How far a run is, computed by hand."""

import pandas as pd
import pytest

from cnn_core.runs.progress import measure_progress
from cnn_core.runs.record import RunStatus
from tests.fixtures import started_run

RUNNING = RunStatus(state="running", heartbeat=0, epochs=4)
NOTHING = pd.DataFrame(columns=["epoch", "step", "steps", "loss", "accuracy", "seconds"])


def steps(*rows):
    return pd.DataFrame([dict(zip(NOTHING.columns, row, strict=True)) for row in rows], columns=list(NOTHING.columns))


def test_before_the_first_step_nothing_is_known():
    progress = measure_progress(RUNNING, NOTHING, pd.DataFrame())
    assert (progress.epoch, progress.epochs, progress.share) == (0, 4, 0.0)
    assert progress.seconds_left is progress.loss is progress.val_accuracy is None


def test_the_share_counts_epochs_and_steps():
    progress = measure_progress(RUNNING, steps((1, 1, 10, 2, 0.1, 0), (3, 5, 10, 0.4, 0.9, 24)), pd.DataFrame())
    # Two whole epochs and a half, of four.
    assert progress.share == pytest.approx(2.5 / 4)
    assert (progress.epoch, progress.step, progress.steps) == (3, 5, 10)
    assert (progress.loss, progress.accuracy) == (0.4, 0.9)


def test_the_time_left_is_the_pace_since_the_first_report():
    progress = measure_progress(RUNNING, steps((1, 1, 10, 2, 0.1, 30), (3, 5, 10, 0.4, 0.9, 54)), pd.DataFrame())
    # 24 seconds for 2.4 epochs; 1.5 are left. The 30 seconds before the first report do not count.
    assert progress.seconds_left == pytest.approx(15)


def test_one_report_is_no_pace():
    assert measure_progress(RUNNING, steps((1, 1, 10, 2, 0.1, 30)), pd.DataFrame()).seconds_left is None


def test_a_run_that_is_through_has_nothing_left():
    progress = measure_progress(RUNNING, steps((1, 1, 10, 2, 0.1, 0), (4, 10, 10, 0.4, 0.9, 24)), pd.DataFrame())
    assert (progress.share, progress.seconds_left) == (1.0, 0.0)


def test_the_watched_figures_are_those_of_the_last_finished_epoch():
    run = started_run()
    progress = measure_progress(run.status(), run.steps(), run.history())
    assert (progress.val_loss, progress.val_accuracy) == pytest.approx((0.45, 0.9))
