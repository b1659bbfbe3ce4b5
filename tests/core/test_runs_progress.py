"""How far a run is, computed by hand."""

import numpy as np
import pandas as pd
import pytest

from cnn_core.config import TrainingConfig
from cnn_core.runs.progress import best_so_far, kept_epoch, measure_progress, val_accuracy_of
from cnn_core.runs.record import RunStatus
from cnn_core.training.state import Score
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


def test_the_time_left_follows_the_pace_of_late():
    # The machine has become ten times slower in the last epoch.
    rows = [(epoch, step, 2, 0.5, 0.9, 0.0) for epoch in range(1, 4) for step in (1, 2)]
    seconds = [1, 2, 3, 4, 14, 24]
    table = steps(*[(*row[:5], second) for row, second in zip(rows, seconds, strict=True)])
    assert measure_progress(RUNNING, table, pd.DataFrame()).seconds_left == pytest.approx(20)


def test_time_that_runs_backwards_does_not_count():
    # A worker that went on from a checkpoint counts from an earlier time.
    table = steps((1, 5, 10, 2, 0.1, 100), (1, 6, 10, 2, 0.1, 101), (1, 7, 10, 2, 0.1, 60), (1, 8, 10, 2, 0.1, 61))
    # Two seconds for three steps; 32 of the 40 steps are left.
    assert measure_progress(RUNNING, table, pd.DataFrame()).seconds_left == pytest.approx(32 * 2 / 3)


def test_the_images_a_second_are_those_of_the_epoch_under_way():
    status = RUNNING.model_copy(update={"train_count": 1000})
    table = steps((1, 9, 10, 2, 0.1, 9), (2, 1, 10, 2, 0.1, 30), (2, 5, 10, 2, 0.1, 32))
    # Four tenths of a thousand images in two seconds; the validation in between does not count.
    assert measure_progress(status, table, pd.DataFrame()).images_per_second == pytest.approx(200)


@pytest.mark.parametrize("rows", [[(1, 1, 10, 2, 0.1, 30)], [(1, 9, 10, 2, 0.1, 9), (2, 1, 10, 2, 0.1, 30)]])
def test_one_report_of_an_epoch_is_no_speed(rows):
    status = RUNNING.model_copy(update={"train_count": 1000})
    assert measure_progress(status, steps(*rows), pd.DataFrame()).images_per_second is None


def test_a_run_of_an_older_version_has_no_speed_and_the_rate_of_its_epochs():
    progress = measure_progress(
        RUNNING, steps((1, 1, 10, 2, 0.1, 0), (1, 5, 10, 2, 0.1, 2)), history([0.8], [0.3], rates=[0.002])
    )
    assert progress.images_per_second is None
    assert progress.learning_rate == 0.002


def test_the_learning_rate_is_that_of_the_last_step():
    table = steps((1, 1, 10, 2, 0.1, 0)).assign(learning_rate=0.004)
    assert measure_progress(RUNNING, table, history([0.8], [0.3], rates=[0.002])).learning_rate == 0.004


def history(accuracies, losses, rates=None):
    count = len(accuracies)
    return pd.DataFrame(
        {
            "epoch": range(1, count + 1),
            "loss": [0.5] * count,
            "accuracy": [0.9] * count,
            "val_accuracy": accuracies,
            "val_loss": losses,
            "learning_rate": rates or [1e-3] * count,
        }
    )


@pytest.mark.parametrize(("monitor", "epoch", "value"), [("val_accuracy", 3, 0.9), ("val_loss", 4, 0.1)])
def test_the_best_epoch_is_the_one_that_the_training_keeps(monitor, epoch, value):
    accuracies, losses, training = [0.7, 0.9, 0.9, 0.8, 0.8], [0.5, 0.4, 0.2, 0.1, 0.1], TrainingConfig(monitor=monitor)
    best = best_so_far(history(accuracies, losses), training)
    assert (best.epoch, best.monitor, best.value) == (epoch, monitor, value)
    kept = Score()
    for number, (accuracy, loss) in enumerate(zip(accuracies, losses, strict=True), start=1):
        kept.offer(training, number, accuracy, loss)
    assert best.epoch == kept.best_epoch


@pytest.mark.parametrize("accuracies", [[], [float("nan")]], ids=["no epoch", "nothing but NaN"])
def test_without_a_figure_no_epoch_is_the_best(accuracies):
    assert best_so_far(history(accuracies, accuracies), TrainingConfig()) is None


def test_an_epoch_without_a_figure_is_not_the_best():
    nan = float("nan")
    assert best_so_far(history([nan, 0.2], [nan, 1]), TrainingConfig(monitor="val_loss")).epoch == 2


def epochs(*rows):
    return pd.DataFrame(rows, columns=["epoch", "val_accuracy", "val_loss"], dtype=float)


def test_of_an_epoch_that_stands_twice_the_last_row_counts():
    history = epochs((1, 0.5, 1.0), (2, 0.9, 0.4), (2, 0.8, 0.5), (3, np.nan, 0.6))
    assert val_accuracy_of(history, 2) == 0.8
    assert val_accuracy_of(history, 3) is None
    assert val_accuracy_of(history, 4) is None
    assert val_accuracy_of(epochs(), 1) is None


@pytest.mark.parametrize(("keep", "expected"), [("best", (2, 0.9)), ("last", (3, 0.7)), ("none yet", (0, None))])
def test_the_kept_epoch_is_told_with_its_accuracy(keep, expected):
    history = epochs((1, 0.5, 1.0), (2, 0.9, 0.4), (3, 0.7, 0.6)) if keep != "none yet" else epochs()
    training = TrainingConfig(restore_best=keep != "last")
    assert kept_epoch(history, training) == expected
