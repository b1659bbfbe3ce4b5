"""One picture through the layers: what depends on what, how it is measured, and how it is drawn."""

import numpy as np
import pytest

from cnn_core.data import load
from cnn_core.errors import ConfigError, DatasetError
from cnn_core.figures.activation import activation_figure
from cnn_core.figures.colours import TRAINING, VALIDATION
from cnn_core.figures.map_picture import map_picture
from cnn_core.learn.activations import ACTIVATIONS
from cnn_core.learn.chain import Chain, moved_by
from cnn_core.learn.kernels import KERNELS

SOBEL = KERNELS["sobel-vertical"].weights


def picture():
    return np.random.default_rng(0).random((8, 8))


def test_each_map_comes_of_the_one_before():
    chain = Chain(picture(), SOBEL)
    assert [values.shape for values in chain.maps()] == [(8, 8), (6, 6), (6, 6), (3, 3)]
    np.testing.assert_array_equal(chain.activated, np.maximum(chain.convolution.result, 0))
    assert chain.pooled.result[0, 0] == chain.activated[:2, :2].max()


@pytest.mark.parametrize(
    ("changes", "count"), [({"side": 3, "stride": 3}, 3), ({"weights": np.ones((9, 9))}, 1), ({}, 4)]
)
def test_maps_are_there_as_far_as_the_windows_fit(changes, count):
    chain = Chain(picture(), **{"weights": SOBEL, **changes})
    assert len(list(chain.maps())) == count
    if count < 4:
        with pytest.raises(ConfigError, match="does not fit"):
            _ = chain.pooled


def test_a_move_that_changes_nothing_is_measured_as_nothing():
    still = Chain(np.tile(np.arange(8.0), (8, 1)), SOBEL)
    moved = moved_by(still, still.moved("down"))
    assert (moved.feature_map, moved.pooled) == (0, 0)
    assert moved_by(still, still.moved("right")).feature_map > 0


def test_a_line_that_moves_within_its_window_leaves_the_pooled_map():
    values = np.zeros((8, 8))
    values[:, 2] = 1
    still = Chain(values, KERNELS["identity"].weights, padding="zeros")
    moved = moved_by(still, still.moved("right"))
    assert moved.feature_map == 2
    assert moved.pooled == 0


def test_a_signed_map_has_a_colour_for_each_sign_and_none_for_zero():
    drawn = map_picture(np.array([[-2.0, 0.0, 2.0, 1.0]]), is_signed=True)[0]
    colours = [f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue, _ in drawn.tolist()]
    assert (colours[0], colours[2]) == (VALIDATION, TRAINING)
    strengths = drawn[:, 3].tolist()
    assert strengths[0] == strengths[2] == 255
    assert strengths[1] == 0
    assert 0 < strengths[3] < 255


def test_a_grey_map_goes_from_black_to_white():
    drawn = map_picture(np.array([[0.0, 0.5, 1.0]]), is_signed=False)[0]
    assert drawn[:, 0].tolist() == [0, 128, 255]
    assert (drawn[:, 3] == 255).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_curve_is_that_of_the_function_and_marks_the_number(name):
    function = ACTIVATIONS[name]
    figure = activation_figure(function, 0.2, -1.5, 4.0)
    _, curve, way = figure["data"]
    np.testing.assert_array_equal(curve["y"], function(curve["x"], 0.2))
    assert way["x"][1] == -1.5
    assert way["y"][1] == pytest.approx(float(function(np.array([-1.5]), 0.2)[0]))
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < -1.5 < high


def test_what_is_ready_leaves_out_what_is_missing_or_damaged(monkeypatch):
    states = {"fashion-mnist": "missing", "digits": "ready", "mnist": "damaged"}

    def state(name):
        if name not in states:
            raise DatasetError("Its card is damaged.")
        return load.DatasetState(name, states[name], None, "")

    monkeypatch.setattr(load, "dataset_state", state)
    assert load.ready_names() == ("digits",)
