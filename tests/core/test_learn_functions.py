"""Activations and softmax give what Keras gives; pictures become small sheets of numbers."""

import keras
import numpy as np
import pytest

from cnn_core.errors import ConfigError, RunError
from cnn_core.learn.activations import ACTIVATIONS, LEAKY_SLOPE
from cnn_core.learn.grey_picture import grey_picture
from cnn_core.learn.learned_kernels import first_kernels
from cnn_core.learn.sliding import convolve
from cnn_core.learn.softmax import softmax_terms

VALUES = np.linspace(-12, 12, 481)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_that_of_keras(name):
    expected = np.asarray(getattr(keras.activations, name)(VALUES.astype("float32")))
    np.testing.assert_allclose(ACTIVATIONS[name](VALUES), expected, atol=1e-4)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.5])
def test_the_slope_is_that_of_the_leaky_one(slope):
    expected = np.asarray(keras.activations.leaky_relu(VALUES.astype("float32"), negative_slope=slope))
    np.testing.assert_allclose(ACTIVATIONS["leaky_relu"](VALUES, slope), expected, atol=1e-4)
    np.testing.assert_array_equal(ACTIVATIONS["relu"](VALUES, slope), ACTIVATIONS["relu"](VALUES))
    assert LEAKY_SLOPE == 0.2


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_activation_overflows(name):
    assert np.isfinite(ACTIVATIONS[name](np.array([-1e4, -1e3, 1e3, 1e4]))).all()


@pytest.mark.parametrize("temperature", [0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 5.0])
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_softmax_is_that_of_keras(temperature, classes):
    logits = np.random.default_rng(classes).normal(scale=4, size=classes)
    found = softmax_terms(logits, temperature)
    expected = np.asarray(keras.ops.softmax((logits / temperature).astype("float32")))
    np.testing.assert_allclose([term.probability for term in found.terms], expected, atol=1e-4)
    assert sum(term.probability for term in found.terms) == pytest.approx(1)
    assert found.best == int(expected.argmax())


def test_each_term_is_worked_out():
    found = softmax_terms([1.0, 3.0], temperature=2.0)
    small, large = found.terms
    assert (large.scaled, large.exponential) == (0.0, 1.0)
    assert (small.scaled, small.exponential) == (-1.0, pytest.approx(np.exp(-1)))
    assert found.total == pytest.approx(1 + np.exp(-1))
    assert small.probability == pytest.approx(np.exp(-1) / (1 + np.exp(-1)))
    assert found.largest == 1.5


def test_logits_of_any_size_give_shares():
    found = softmax_terms([1e5, 0.0, -1e5], temperature=0.1)
    assert [term.probability for term in found.terms] == [1.0, 0.0, 0.0]


def test_the_temperature_makes_sure_or_unsure_and_never_changes_the_order():
    sure, plain, unsure = (softmax_terms([2.0, 1.0, 0.0], t) for t in (0.2, 1.0, 4.0))
    assert sure.terms[0].probability > plain.terms[0].probability > unsure.terms[0].probability
    assert sure.best == plain.best == unsure.best == 0


@pytest.mark.parametrize("logits", [[], [1.0, np.nan], [np.inf, 0.0], [[1.0, 2.0]]])
def test_softmax_of_what_is_no_number_is_told(logits):
    with pytest.raises(ConfigError, match="finite numbers"):
        softmax_terms(logits)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, np.inf])
def test_a_temperature_that_is_none_is_told(temperature):
    with pytest.raises(ConfigError, match="above 0"):
        softmax_terms([1.0, 2.0], temperature)


def test_a_small_grey_picture_stays_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    found = grey_picture(pixels)
    assert found.changes == ()
    np.testing.assert_array_equal(found.values * 255, pixels[..., 0])
    alike = grey_picture(np.repeat(pixels, 3, axis=2))
    assert alike.changes == ()
    np.testing.assert_allclose(alike.values, found.values, atol=1e-12)


def test_a_large_coloured_picture_is_made_grey_and_small_and_says_so():
    pixels = np.zeros((300, 600, 3), np.uint8)
    pixels[..., 1] = 255
    found = grey_picture(pixels)
    assert found.values.shape == (16, 32)
    assert found.changes == ("made grey", "shrunk from 600×300 to 32×16 pixels")
    np.testing.assert_allclose(found.values, 0.587, atol=1 / 255)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500, 3), (500, 1)])
def test_pictures_of_any_proportion_become_numbers(shape):
    values = grey_picture(np.full(shape, 255, np.uint8)).values
    assert min(values.shape) >= 1
    assert max(values.shape) <= 32
    np.testing.assert_allclose(values, 1)


def network(channels=1, classes=3):
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, channels), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.Flatten()(keras.layers.Conv2D(4, 3)(x))
    return keras.Model(image, keras.layers.Dense(classes)(x))


def test_learned_kernels_give_what_the_layer_gives():
    model = network()
    learned = first_kernels(model)
    assert learned.weights.shape == (4, 3, 3)
    assert learned.channels == 1
    picture = np.random.default_rng(0).random((8, 8))
    expected = np.asarray(model.layers[2](picture[None, :, :, None].astype("float32")))[0]
    for number, weights in enumerate(learned.weights):
        np.testing.assert_allclose(convolve(picture, weights).result, expected[..., number], atol=1e-4)


def test_for_a_grey_picture_a_coloured_kernel_is_the_sum_of_its_channels():
    model = network(channels=3)
    learned = first_kernels(model)
    assert learned.channels == 3
    picture = np.random.default_rng(0).random((8, 8))
    grey = np.repeat(picture[None, :, :, None], 3, axis=3).astype("float32")
    expected = np.asarray(model.layers[2](grey))[0]
    np.testing.assert_allclose(convolve(picture, learned.weights[2]).result, expected[..., 2], atol=1e-4)


def test_a_network_without_convolution_is_told():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(RunError, match="no convolution"):
        first_kernels(model)


def test_kernels_that_are_no_numbers_are_told():
    model = network()
    weights, bias = model.layers[2].get_weights()
    weights[0, 0, 0, 1] = np.nan
    model.layers[2].set_weights([weights, bias])
    with pytest.raises(RunError, match="went astray"):
        first_kernels(model)


def test_a_convolution_inside_of_another_model_is_found():
    inner = network()
    image = keras.Input((8, 8, 1), dtype="uint8")
    outer = keras.Model(image, keras.layers.Dense(2)(inner(image)))
    np.testing.assert_array_equal(first_kernels(outer).weights, first_kernels(inner).weights)
