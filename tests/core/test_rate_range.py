"""The learning-rate range test: what is read from its curve, and that what it suggests trains."""

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError
from cnn_core.figures.rate_range import rate_range_figure
from cnn_core.models.build import build_model
from cnn_core.models.transfer_settings import imagenet_config
from cnn_core.training import rate_range
from cnn_core.training.callbacks import Callbacks
from cnn_core.training.fit import fit
from cnn_core.training.rate_range import STEPS, measure_rate_range, read_rate_range, smooth
from cnn_core.training.setup import training_data
from tests.fixtures import digits_config

RATES = np.geomspace(1e-6, 1, STEPS)


def bowl(lowest_rate, *, start=2.3, low=0.5, width=0.8):
    """A loss that falls from ``start`` to ``low`` at a rate, and runs away beyond it; noise comes on top."""
    distance = np.log10(RATES / lowest_rate)
    falling = low + (start - low) * np.clip(-distance / (2 * width), 0, 1) ** 1.5
    return np.where(distance < 0, falling, low * np.exp(4 * distance))


def noisy(losses, seed, size=0.08):
    return losses * np.exp(size * np.random.default_rng(seed).standard_normal(len(losses)))


@pytest.mark.parametrize("lowest", [1e-4, 1e-3, 1e-2, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_the_rate_with_the_lowest_loss_is_suggested(lowest, seed):
    result = read_rate_range(RATES, noisy(bowl(lowest), seed))
    assert result.suggested == pytest.approx(lowest / 10, rel=0.5)


def test_the_explanation_has_two_sentences_and_names_the_figures():
    result = read_rate_range(RATES, bowl(1e-2))
    sentences = [part for part in result.explanation.split(". ") if part]
    assert len(sentences) == 2
    assert f"A tenth of it, {result.suggested:g}," in result.explanation
    assert "overshoot" in result.explanation


def test_a_loss_that_falls_back_to_guessing_after_it_ran_away_is_not_taken_for_a_minimum():
    losses = bowl(1e-2)
    losses[RATES > 0.1] = 0.1
    assert read_rate_range(RATES, losses).suggested == pytest.approx(1e-3, rel=0.3)


def test_a_loss_that_still_falls_at_the_largest_rate_suggests_a_tenth_of_that():
    result = read_rate_range(RATES, np.linspace(2.3, 0.4, STEPS))
    assert result.suggested == pytest.approx(0.1, rel=0.3)
    assert "the largest one tried" in result.explanation


def test_a_loss_that_does_not_fall_suggests_nothing():
    result = read_rate_range(RATES, noisy(np.full(STEPS, 2.303), 0, size=0.02))
    assert result.suggested is None
    assert "2.3" in result.explanation


def test_a_loss_that_never_was_a_number_suggests_nothing():
    result = read_rate_range(RATES[:0], np.empty(0))
    assert result.suggested is None
    assert rate_range_figure(result).layout.xaxis.type == "log"


def test_smoothing_takes_the_noise_and_leaves_the_place():
    losses = bowl(1e-2)
    smoothed = smooth(noisy(losses, 1, size=0.2))
    assert len(smoothed) == STEPS
    assert abs(int(np.argmin(smoothed)) - int(np.argmin(losses))) <= 6
    np.testing.assert_allclose(smooth(np.full(9, 1.7)), 1.7)


class Graph:
    """Losses by the table, as the compiled steps would return them."""

    def __init__(self, losses):
        self.losses, self.taken = losses, 0

    def run(self, batches, _epoch, first_step, rates):
        assert first_step == self.taken + 1
        assert batches.shape == (len(rates), 4)
        losses = self.losses[self.taken : self.taken + len(rates)]
        self.taken += len(rates)
        return np.asarray(losses, np.float32), np.zeros(len(rates), np.int32)


def climb(losses):
    graph = Graph(losses)
    return rate_range._climb(graph, RATES, np.zeros((STEPS, 4), np.int32), lambda _share: None), graph


def test_the_test_ends_where_the_loss_is_no_number():
    losses = np.full(STEPS, 2.0)
    losses[77:] = np.nan
    taken, graph = climb(losses)
    assert len(taken) == 77
    assert graph.taken < 100


def test_the_test_ends_where_the_loss_runs_away_but_shows_the_edge():
    taken, _ = climb(bowl(1e-3))
    assert len(taken) < STEPS
    assert taken.max() > 2
    assert read_rate_range(RATES[: len(taken)], taken).is_cut_off


def test_a_calm_loss_is_followed_to_the_end():
    taken, _ = climb(np.linspace(2.3, 1, STEPS))
    assert len(taken) == STEPS


def test_every_image_comes_once_before_any_comes_again():
    batches = rate_range._batches(count=1000, size=10, seed=3)
    assert batches.shape == (STEPS, 10)
    assert len(np.unique(batches[:100])) == 1000
    assert (batches != rate_range._batches(count=1000, size=10, seed=4)).any()


def test_the_figure_marks_the_suggestion_on_a_logarithmic_axis():
    result = read_rate_range(RATES, bowl(1e-2))
    figure = rate_range_figure(result)
    assert figure.layout.xaxis.type == "log"
    (line,), (note,) = figure.layout.shapes, figure.layout.annotations
    assert line.x0 == line.x1 == result.suggested
    assert note.x == pytest.approx(np.log10(result.suggested))
    assert note.text == f"suggested: {result.suggested:g}"
    low, high = figure.layout.yaxis.range
    assert low < 0.55 < 2.3 < high < 10


def test_without_a_suggestion_nothing_is_marked():
    figure = rate_range_figure(read_rate_range(RATES, np.full(STEPS, 2.3)))
    assert figure.layout.shapes == figure.layout.annotations == ()


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop", "muon"])
def test_what_is_suggested_trains_the_digits_well(optimizer):
    config = digits_config("mlp", training={"optimizer": optimizer, "epochs": 10, "learning_rate": 1e-5})
    suggested = measure_rate_range(config, lambda _share: None).suggested
    assert suggested is not None
    config = digits_config("mlp", training={"optimizer": optimizer, "epochs": 10, "learning_rate": suggested})
    card = dataset_card("digits")
    data = training_data(load_dataset("digits"), config)
    model = build_model(config.model, (card.height, card.width, card.channels), len(card.class_names))
    epochs = []
    fit(model, data, config, Callbacks(on_step=lambda _step: None, on_epoch=epochs.append))
    accuracies = [epoch.val_accuracy for epoch in epochs]
    assert max(accuracies) > 0.93, (suggested, accuracies)
    assert np.isfinite([epoch.loss for epoch in epochs]).all()


def test_missing_imagenet_weights_are_told_and_not_downloaded(monkeypatch, tmp_path):
    def download(*_arguments):
        raise AssertionError("A download has begun.")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("cnn_core.models.imagenet_download.fetch_files", download)
    config = imagenet_config(dataset_card("digits"), "mobilenet-v2")
    with pytest.raises(DatasetError, match="ImageNet weights of MobileNetV2 are not on this machine"):
        measure_rate_range(config, lambda _share: None)
