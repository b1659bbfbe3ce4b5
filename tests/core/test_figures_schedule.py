"""The drawing of a schedule shows what the training will do, stage by stage."""

import numpy as np
import pytest

from cnn_core.config import ImageNetTransfer, TrainingConfig
from cnn_core.figures.schedule import schedule_figure


def curve_of(figure):
    (curve,) = figure.data
    return np.asarray(curve.x), np.asarray(curve.y)


def texts_of(figure):
    return [note.text for note in figure.layout.annotations]


def test_a_constant_rate_is_a_level_line_over_all_epochs():
    figure = schedule_figure(TrainingConfig(epochs=5, learning_rate=0.01), 100)
    x, y = curve_of(figure)
    np.testing.assert_allclose(y, 0.01, rtol=1e-6)
    assert figure.layout.xaxis.range == (0, 5)
    assert 0 < x[0] < x[-1] < 5
    assert texts_of(figure) == []


def test_a_step_halves_the_rate_where_it_is_asked_to():
    training = TrainingConfig(epochs=6, learning_rate=0.8, schedule="step", decay_epochs=2, decay_factor=0.5)
    x, y = curve_of(schedule_figure(training, 50))
    for epoch, rate in [(0.5, 0.8), (1.9, 0.8), (2.1, 0.4), (3.9, 0.4), (4.1, 0.2), (5.9, 0.2)]:
        assert y[np.searchsorted(x, epoch)] == pytest.approx(rate), epoch


def test_the_warm_up_is_shaded_and_peaks_at_its_end():
    training = TrainingConfig(epochs=8, learning_rate=0.01, schedule="one-cycle", warm_up_share=0.25)
    figure = schedule_figure(training, 400)
    x, y = curve_of(figure)
    assert x[np.argmax(y)] == pytest.approx(2, abs=0.05)
    (area,) = figure.layout.shapes
    assert (area.x0, area.x1) == (0, 2)
    assert texts_of(figure) == ["warm-up"]


@pytest.mark.parametrize(
    ("schedule", "final_share", "axis"),
    [
        ("constant", 0.001, "linear"),
        ("cosine", 0.001, "linear"),
        ("one-cycle", 0.001, "linear"),
        ("exponential", 0.001, "log"),
        ("exponential", 0.5, "linear"),
    ],
)
def test_the_axis_is_logarithmic_where_much_of_the_run_would_lie_at_the_bottom(schedule, final_share, axis):
    training = TrainingConfig(schedule=schedule, final_share=final_share)
    assert schedule_figure(training, 100).layout.yaxis.type == axis


def test_a_plateau_is_drawn_flat_with_a_word_on_what_may_come():
    figure = schedule_figure(TrainingConfig(schedule="plateau", decay_factor=0.2, decay_epochs=4), 100)
    assert np.ptp(curve_of(figure)[1]) == 0
    assert texts_of(figure) == ["times 0.2 whenever 4 epochs bring nothing better"]


def test_epochs_that_were_added_are_marked_and_drawn_at_their_rate():
    more = {"after_epoch": 4, "epochs": 3, "learning_rate": 1e-4}
    figure = schedule_figure(TrainingConfig(epochs=4, continuations=(more,)), 100)
    x, y = curve_of(figure)
    assert y[x < 4] == pytest.approx(1e-3)
    assert y[x > 4] == pytest.approx(1e-4)
    assert figure.layout.xaxis.range == (0, 7)
    assert figure.layout.shapes[0].x0 == 4
    assert texts_of(figure) == ["3 more"]


def test_the_head_and_the_fine_tuning_are_told_apart():
    figure = schedule_figure(
        TrainingConfig(epochs=6, learning_rate=0.01), 100, ImageNetTransfer(head_epochs=2, fine_tune_rate=0.1)
    )
    x, y = curve_of(figure)
    assert y[x < 2] == pytest.approx(0.01)
    assert y[x > 2] == pytest.approx(0.001)
    assert texts_of(figure) == ["head alone", "fine-tuning"]


def test_a_long_run_has_no_more_points_than_a_short_one_shows():
    x, _ = curve_of(schedule_figure(TrainingConfig(epochs=500, schedule="cosine"), 844))
    assert len(x) <= 1200


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one-cycle", "plateau"])
def test_one_epoch_of_one_step_can_be_drawn(schedule):
    x, y = curve_of(schedule_figure(TrainingConfig(epochs=1, schedule=schedule), 1))
    assert np.isfinite(y).all()
    assert len(x) >= 2
