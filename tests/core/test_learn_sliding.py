"""Convolution and pooling by hand give what Keras's own layers give, and each step says how."""

import itertools

import keras
import numpy as np
import pytest

from cnn_core.errors import ConfigError
from cnn_core.learn.pooling import change, pool, shifted
from cnn_core.learn.sliding import convolve, strongest_place
from cnn_core.learn.window import Sliding

SIZES = [(5, 5), (8, 8), (9, 12), (28, 28), (31, 32)]


def random_map(rows, columns, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("padding", "of_keras"), [("none", "valid"), ("zeros", "same")])
def test_a_convolution_is_that_of_keras(size, side, stride, padding, of_keras):
    values, weights = random_map(*size), random_map(side, side, seed=1)
    found = convolve(values, weights, stride=stride, padding=padding)
    expected = keras.ops.conv(
        values[None, :, :, None].astype("float32"),
        weights[:, :, None, None].astype("float32"),
        strides=stride,
        padding=of_keras,
    )
    expected = np.asarray(expected)[0, :, :, 0]
    assert found.result.shape == expected.shape == (found.sliding.out_rows, found.sliding.out_columns)
    np.testing.assert_allclose(found.result, expected, atol=1e-4)


@pytest.mark.parametrize("padding", ["none", "zeros"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_layer_of_keras_gives_the_same(stride, padding):
    values, weights = random_map(28, 28), random_map(3, 3, seed=1)
    layer = keras.layers.Conv2D(1, 3, strides=stride, padding={"none": "valid", "zeros": "same"}[padding])
    layer.build((None, 28, 28, 1))
    layer.set_weights([weights[:, :, None, None], np.zeros(1)])
    expected = np.asarray(layer(values[None, :, :, None].astype("float32")))[0, :, :, 0]
    np.testing.assert_allclose(convolve(values, weights, stride=stride, padding=padding).result, expected, atol=1e-4)


@pytest.mark.parametrize("padding", ["none", "zeros"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [3, 5])
def test_each_step_gives_the_number_of_the_result(side, stride, padding):
    found = convolve(random_map(9, 12), random_map(side, side, seed=1), stride=stride, padding=padding)
    for row, column in np.ndindex(found.result.shape):
        step = found.step(row, column)
        assert step.total == pytest.approx(found.result[row, column], abs=1e-12)
        np.testing.assert_array_equal(step.products, step.patch * step.weights)


def test_the_kernel_is_not_turned_around():
    values = np.zeros((3, 3))
    values[0, 2] = 1
    weights = np.arange(9.0).reshape(3, 3)
    assert convolve(values, weights).result.tolist() == [[2.0]]


def test_a_step_is_written_out_as_arithmetic():
    values = np.array([[0.5, 0.25], [0.0, 1.0]])
    step = convolve(values, np.array([[1.0, -1.0], [0.0, 2.0]])).step(0, 0)
    assert step.arithmetic == "0.5·1 + 0.25·(−1) + 0·0 + 1·2 = 2.25"


@pytest.mark.parametrize(
    ("sliding", "words"),
    [
        (Sliding(28, 28, 3), "28×28 → 26×26: (28 − 3) / 1 + 1 = 26"),
        (Sliding(28, 28, 3, 2), "28×28 → 13×13: (28 − 3) / 2, rounded down + 1 = 13"),
        (Sliding(28, 28, 3, 1, "zeros"), "28×28 → 28×28: (28 + 2 − 3) / 1 + 1 = 28"),
        (Sliding(20, 28, 5), "28×20 → 24×16: (28 − 5) / 1 + 1 = 24; (20 − 5) / 1 + 1 = 16"),
    ],
)
def test_the_size_is_worked_out_in_words(sliding, words):
    assert sliding.size_in_words == words


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("padding", ["none", "zeros"])
def test_the_formula_in_words_comes_to_the_size_that_it_names(side, padding):
    for length, stride in itertools.product(range(5, 33), (1, 2, 3)):
        words = Sliding(length, length, side, stride, padding).size_in_words.partition(": ")[2]
        formula, _, result = words.rpartition(" = ")
        python = formula.replace("−", "-").replace(", rounded down", "").replace(") / ", ") // ")
        if ", rounded up" in python:
            python = f"-(-{python.replace(', rounded up', '').replace(' / ', ' // ')})"
        assert eval(python) == int(result), words


def test_the_window_moves_by_the_stride_and_begins_among_the_zeros():
    sliding = Sliding(6, 6, 3, stride=2, padding="zeros")
    # Keras puts the odd line of zeros below and on the right.
    assert (sliding.top, sliding.bottom) == (0, 1)
    assert sliding.corner(0, 0) == (0, 0)
    assert sliding.corner(1, 2) == (2, 4)
    assert Sliding(5, 5, 3, padding="zeros").corner(0, 0) == (-1, -1)


def test_a_window_larger_than_the_map_is_told():
    with pytest.raises(ConfigError, match="5×5 does not fit into a map of 4×4"):
        convolve(random_map(4, 4), random_map(5, 5))
    assert convolve(random_map(4, 4), random_map(5, 5), padding="zeros").result.shape == (4, 4)


def test_the_strongest_place_may_be_a_negative_number():
    assert strongest_place(np.array([[0.0, 2.0], [-3.0, 1.0]])) == (1, 0)


@pytest.mark.parametrize("size", [(4, 4), (7, 7), (13, 26), (26, 26)])
@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(
    ("kind", "layer"), [("max", keras.layers.MaxPooling2D), ("average", keras.layers.AveragePooling2D)]
)
def test_pooling_is_that_of_keras(size, side, stride, kind, layer):
    values = random_map(*size)
    found = pool(values, kind, side=side, stride=stride)
    expected = np.asarray(layer(side, strides=stride)(values[None, :, :, None].astype("float32")))[0, :, :, 0]
    assert found.result.shape == expected.shape
    np.testing.assert_allclose(found.result, expected, atol=1e-4)


def test_the_winner_of_a_window_is_its_largest_number():
    found = pool(np.array([[-4.0, -1.0], [-2.0, -3.0]]), "max", side=2, stride=2).step(0, 0)
    assert (found.total, found.winner) == (-1.0, (0, 1))
    assert found.arithmetic == "max(−4, −1, −2, −3) = −1"


def test_a_mean_is_written_out():
    found = pool(np.array([[0.5, -1.0], [2.0, 0.0]]), "average", side=2, stride=2).step(0, 0)
    assert found.arithmetic == "(0.5 + (−1) + 2 + 0) / 4 = 0.375"


def test_pooling_of_a_map_that_is_too_small_is_told():
    with pytest.raises(ConfigError, match="3×3 does not fit into a map of 2×2"):
        pool(random_map(2, 2), "max", side=3, stride=1)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("right", [[1, 1, 2], [4, 4, 5], [7, 7, 8]]),
        ("left", [[2, 3, 3], [5, 6, 6], [8, 9, 9]]),
        ("down", [[1, 2, 3], [1, 2, 3], [4, 5, 6]]),
        ("up", [[4, 5, 6], [7, 8, 9], [7, 8, 9]]),
    ],
)
def test_a_picture_moves_by_one_pixel(direction, expected):
    assert shifted(np.arange(1.0, 10.0).reshape(3, 3), direction).tolist() == expected


def test_the_change_of_a_map_is_a_share_of_all_its_numbers():
    before = np.array([[1.0, -2.0], [0.0, 1.0]])
    assert change(before, before) == 0
    assert change(before, before + np.array([[0, 0], [1, 0]])) == pytest.approx(1 / 4)
    assert change(np.zeros((2, 2)), np.zeros((2, 2))) == 0
    with pytest.raises(ConfigError, match="different size"):
        change(before, np.zeros((1, 2)))
