"""The images that excite a filter: found in a set, and made by climbing."""

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from keras import layers  # noqa: TID253

from cnn_core.data.load import load_dataset
from cnn_core.errors import ConfigError, RunError
from cnn_core.inference.network import Network
from cnn_core.learn.ascent import Ascent
from cnn_core.learn.exciting import strongest_images
from cnn_core.learn.receptive import receptive_field
from cnn_core.learn.walk import Walk
from cnn_core.runs.store import showcase
from tests.core.networks import random_network, random_walk

RANDOM = np.random.default_rng(0)
# More than a batch.
IMAGES = RANDOM.integers(0, 256, (620, 28, 28, 1), np.uint8)


@pytest.fixture(scope="module")
def network():
    model = random_network("simple-cnn")
    return model, Walk(model)


# Found


@pytest.mark.parametrize("name", ["block1_conv", "block1_pool", "logits"])
def test_the_strongest_images_are_those_that_keras_says(network, name):
    model, walk = network
    layer_output = model.get_layer(name).output
    maps = keras.Model(model.input, layer_output).predict(IMAGES, verbose=0).reshape(620, -1, layer_output.shape[-1])
    found = strongest_images(walk, walk.stations[-1].name if name == "logits" else last_of(walk, name), IMAGES, 5)
    peaks = maps.max(axis=1).T
    expected = np.sort(peaks, axis=1)[:, ::-1][:, :5]
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    np.testing.assert_allclose(np.take_along_axis(peaks, found.indices, axis=1), expected, atol=1e-4)
    of_place = maps[found.indices, found.spots, np.arange(len(found.indices))[:, None]]
    np.testing.assert_allclose(of_place, expected, atol=1e-4)


def last_of(walk, layer):
    return [station.name for station in walk.stations if station.layer == layer][-1]


def test_each_image_comes_with_the_place_and_what_was_seen_there(network):
    _, walk = network
    found = strongest_images(walk, "block2_conv_relu", IMAGES[:60], 3).of_filter(7)
    assert [one.value for one in found] == sorted((one.value for one in found), reverse=True)
    for one in found:
        maps = walk.maps(IMAGES[one.index])["block2_conv_relu"]
        assert maps[..., 7].max() == pytest.approx(one.value, abs=1e-4)
        assert maps[one.place] == pytest.approx(one.value, abs=1e-4)
        assert one.field == receptive_field(walk.stations, "block2_conv_relu", one.place)
        # Nothing of the image counts for it but what lies in the field.
        cut = np.zeros_like(IMAGES[0])
        rows, columns = slice(one.field.top, one.field.bottom), slice(one.field.left, one.field.right)
        cut[rows, columns] = IMAGES[one.index][rows, columns]
        assert walk.maps(cut)["block2_conv_relu"][one.place] == pytest.approx(one.value, abs=1e-4)


def test_of_equal_images_the_first_comes_first(network):
    _, walk = network
    same = np.repeat(IMAGES[:1], 300, axis=0)
    found = strongest_images(walk, "block1_conv", same, 4)
    assert (found.indices == np.arange(4)).all()


def test_fewer_images_than_asked_for_are_all_of_them_and_progress_is_told(network):
    _, walk = network
    shares = []
    found = strongest_images(walk, "logits", IMAGES[:3], 9, shares.append)
    assert found.indices.shape == (10, 3)
    assert shares == [1.0]
    shares.clear()
    strongest_images(walk, "logits", IMAGES, 1, shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert shares[-1] == 1


def test_large_maps_are_made_for_few_images_at_a_time():
    inputs = keras.Input((64, 64, 1), dtype="uint8", name="image")
    x = layers.Conv2D(256, 1, name="wide")(layers.Rescaling(1 / 255, name="scale")(inputs))
    walk = Walk(keras.Model(inputs, layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D(name="mean")(x))))
    images, shares = RANDOM.integers(0, 256, (40, 64, 64, 1), np.uint8), []
    found = strongest_images(walk, "logits", images, 40, shares.append)
    # A map of 4 MiB: 16 of them.
    assert shares == [16 / 40, 32 / 40, 1.0]
    assert (np.sort(found.indices, axis=1) == np.arange(40)).all()
    shares.clear()
    strongest_images(walk, "scale", images, 1, shares.append)
    assert shares == [1.0]


def test_what_progress_raises_ends_the_search(network):
    def stop(_share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        strongest_images(network[1], "logits", IMAGES, 1, stop)


@pytest.mark.parametrize(
    ("images", "count", "words"),
    [
        (IMAGES[:0], 1, r"was given \(0, 28, 28, 1\)"),
        (IMAGES[:2, :20], 1, r"of the shape \(28, 28, 1\); it was given \(2, 20, 28, 1\)"),
        (IMAGES[:2], 0, "At least 1 image"),
    ],
)
def test_a_search_that_cannot_be_is_told(network, images, count, words):
    with pytest.raises(ConfigError, match=words):
        strongest_images(network[1], "logits", images, count)


def test_a_filter_that_is_not_there_is_told(network):
    found = strongest_images(network[1], "block1_conv", IMAGES[:2], 1)
    with pytest.raises(ConfigError, match="no filter 32: choose one from 0 to 31"):
        found.of_filter(32)
    with pytest.raises(ConfigError, match="Did you mean 'block1_conv'"):
        strongest_images(network[1], "block1_con", IMAGES[:2], 1)


def test_a_network_that_went_astray_is_told_in_a_search():
    model = random_network("simple-cnn")
    model.get_layer("logits").bias.assign(np.full(10, np.nan, np.float32))
    with pytest.raises(RunError, match="not finite"):
        strongest_images(Walk(model), "logits", IMAGES[:2], 1)


# Made


def edge_network():
    """Filters of one convolution: dark left of bright, one that is always silent, and one that sees nothing."""
    inputs = keras.Input((12, 12, 1), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(3, 3, activation="relu", name="edges")(x)
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))
    kernel = np.zeros((3, 3, 1, 3), np.float32)
    kernel[..., 0, 0] = [-1, 0, 1]
    kernel[..., 0, 1] = 1
    model.get_layer("edges").set_weights([kernel, np.float32([0, -100, 0])])
    return Walk(model)


@pytest.mark.parametrize("name", ["edges", "edges_relu"])
def test_the_image_for_an_edge_is_that_edge_and_the_rest_is_grey(name):
    (made,) = Ascent(edge_network(), name).images([0])
    assert (made.image.shape, made.image.dtype) == ((12, 12, 1), np.uint8)
    assert made.place == (5, 5, 0)
    assert (made.field.top, made.field.bottom, made.field.left, made.field.right) == (5, 8, 5, 8)
    seen = made.image[5:8, 5:8, 0].astype(int)
    assert seen[:, 0].max() < 20
    assert seen[:, 2].min() > 235
    # 3 is what black beside white gives.
    assert made.value == pytest.approx(3, abs=0.3)
    around = np.concatenate([made.image[:2].ravel(), made.image[-2:].ravel()])
    assert np.abs(around.astype(int) - 128).max() < 30


def test_a_filter_that_answers_to_nothing_is_called_dead():
    edge, silent, blind = Ascent(edge_network(), "edges_relu").images([0, 1, 2])
    assert not edge.is_dead
    assert silent.is_dead
    assert (silent.value, silent.start) == (0, 0)
    assert blind.is_dead
    # Before the ReLU the second one can be climbed, and is.
    sums = Ascent(edge_network(), "edges").images([1, 2])
    assert [one.is_dead for one in sums] == [False, True]


def test_a_filter_that_is_as_high_as_it_can_be_is_not_silent():
    inputs = keras.Input((6, 6, 1), dtype="uint8", name="image")
    x = layers.Conv2D(3, 3, activation="relu6", name="bright")(layers.Rescaling(1 / 255, name="scale")(inputs))
    walk = Walk(keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x))))
    kernel = np.ones((3, 3, 1, 3), np.float32) * np.float32([1, 1, 0])
    walk.model.get_layer("bright").set_weights([kernel, np.float32([100, -100, 3])])
    full, silent, fixed = Ascent(walk, "bright_relu6").images([0, 1, 2])
    assert (full.start, full.value, full.is_dead) == (6, 6, False)
    assert (silent.start, silent.value, silent.is_dead) == (0, 0, True)
    # It has no weights: its number is its bias, whatever the image.
    assert (fixed.start, fixed.value, fixed.is_dead) == (3, 3, True)


def test_the_same_seed_gives_the_same_image_and_another_one_another(network):
    _, walk = network
    first, again = (Ascent(walk, "block2_conv").images([3, 5], seed=4) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    (other,) = Ascent(walk, "block2_conv").images([3], seed=5)
    assert (other.image != first[0].image).mean() > 0.3


def test_the_number_of_the_made_image_is_the_network_s(network):
    model, walk = network
    (made,) = Ascent(walk, "logits").images([2])
    assert made.place == (2,)
    assert made.value == pytest.approx(float(model(made.image[None], training=False)[0, 2]), abs=1e-3)
    assert made.value > made.start


@pytest.mark.parametrize("network_name", ["mlp", "small-resnet"])
def test_every_sort_of_network_can_be_climbed(network_name):
    walk = random_walk(network_name)
    (made,) = Ascent(walk, "logits").images([0])
    assert made.value > made.start
    assert made.image.shape == (28, 28, 1)


def test_images_made_for_a_trained_network_excite_it_more_than_any_of_the_noise_that_it_knows():
    walk = Walk(Network(showcase()).model)
    filters = range(12)
    made = Ascent(walk, "block2_relu").images(filters)
    noise = np.random.default_rng(1).integers(0, 256, (500, 28, 28, 1), np.uint8)
    best = strongest_images(walk, "block2_relu", noise, 1).values[:12, 0]
    assert all(one.value > peak for one, peak in zip(made, best, strict=True))


@pytest.mark.real_data
def test_images_made_for_a_trained_network_excite_it_more_than_any_test_image():
    walk = Walk(Network(showcase()).model)
    images = load_dataset("fashion-mnist").test_images[:2000]
    for name in ("block2_relu", "block3_relu"):
        made = Ascent(walk, name).images(range(16))
        best = strongest_images(walk, name, images, 1).values[:16, 0]
        assert sum(one.value > peak for one, peak in zip(made, best, strict=True)) >= 14


@pytest.mark.parametrize(
    ("name", "filters", "words"),
    [
        ("image", [0], "is the picture itself"),
        ("block1_conv", [32], "no filter 32"),
        ("block1_conv", [], "No filter was chosen"),
        ("block7_conv", [0], "no layer 'block7_conv'"),
    ],
)
def test_what_cannot_be_climbed_is_told(network, name, filters, words):
    with pytest.raises(ConfigError, match=words):
        Ascent(network[1], name).images(filters)
