"""Receptive fields: what can be counted by hand, and what the gradients of Keras's own layers reach."""

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from keras import layers  # noqa: TID253

from cnn_core.errors import ConfigError
from cnn_core.learn.receptive import receptive_field
from cnn_core.learn.walk import Walk
from tests.core.networks import PRESET_NAMES, random_walk


def slope_of(model, layer, place, seed=0):
    """How much each pixel moves a number: (height, width), zero where it does not; by Keras's layers alone."""
    import tensorflow as tf

    start = model.get_layer("scale").output
    part = keras.Model(start, model.get_layer(layer).output)
    pixels = tf.constant(np.random.default_rng(seed).uniform(0.1, 0.9, (1, *start.shape[1:])), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        number = part(pixels, training=False)[(0, *place)]
    return np.abs(tape.gradient(number, pixels).numpy()[0]).sum(axis=2)


def box(field):
    return field.top, field.bottom, field.left, field.right


def box_around(slope):
    rows, columns = (np.flatnonzero(slope.any(axis=axis)) for axis in (1, 0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def assert_nothing_outside(slope, field):
    outside = slope.copy()
    outside[field.top : field.bottom, field.left : field.right] = 0
    assert not outside.any()


@pytest.mark.parametrize("network", [*PRESET_NAMES, "mobilenet-v2"])
def test_no_pixel_outside_of_the_field_moves_the_number(network):
    walk, random = random_walk(network), np.random.default_rng(0)
    model = walk.model
    seen = [station for station in walk.stations if station.name == station.layer and station.has_maps][2:]
    seen += [walk.station(name) for name in ("flatten", "logits") if name in {one.name for one in walk.stations}]
    # Of the large networks a few will do: each is a model of its own.
    for station in seen[:: max(1, len(seen) // 6)]:
        place = tuple(int(random.integers(side)) for side in station.shape)
        field = receptive_field(walk.stations, station.name, place)
        assert_nothing_outside(slope_of(model, station.layer, place), field)


def positive(*between, shape=(24, 20, 1)):
    """Random positive weights and no silent activation: every pixel that can be seen is seen."""
    inputs = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    for layer in between:
        x = layer(x)
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))
    random = np.random.default_rng(0)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    return model


CHAINS = {
    "convolutions": lambda: [layers.Conv2D(2, 3), layers.Conv2D(2, (5, 2), name="last")],
    "strides": lambda: [layers.Conv2D(2, 3, strides=2), layers.Conv2D(3, 4, strides=(2, 3), name="last")],
    "padded": lambda: [
        layers.Conv2D(2, 3, padding="same"),
        layers.Conv2D(2, 4, strides=2, padding="same"),
        layers.Conv2D(2, 3, strides=2, padding="same", name="last"),
    ],
    "means": lambda: [
        layers.Conv2D(2, 3, padding="same"),
        layers.AveragePooling2D(2),
        layers.Conv2D(2, 3, name="last"),
    ],
    "borders": lambda: [layers.ZeroPadding2D(((0, 1), (2, 0))), layers.DepthwiseConv2D(3, strides=2, name="last")],
    "enlarged": lambda: [layers.Resizing(50, 33), layers.Conv2D(2, 3, name="last")],
    "shrunk": lambda: [layers.Resizing(15, 11), layers.Conv2D(2, 3, padding="same", name="last")],
    "unused last rows": lambda: [layers.Conv2D(1, 3, strides=3), layers.Conv2D(2, 2, padding="same", name="last")],
    "a mean of all": lambda: [layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(keepdims=True, name="last")],
}


@pytest.mark.parametrize("name", CHAINS)
def test_where_all_weights_are_positive_the_field_is_what_the_gradients_fill(name):
    model = positive(*CHAINS[name]())
    walk = Walk(model)
    height, width, _ = walk.station("last").shape
    for row in {0, height // 2, height - 1}:
        for column in {0, width // 2, width - 1}:
            field = receptive_field(walk.stations, "last", (row, column, 0))
            slope = slope_of(model, "last", (row, column, 0))
            assert box(field) == box_around(slope)
            assert slope[field.top : field.bottom, field.left : field.right].all()


def test_where_paths_meet_the_field_is_around_both():
    inputs = keras.Input((16, 16, 1), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    wide, tall = layers.Conv2D(1, (1, 5), padding="same")(x), layers.Conv2D(1, (7, 1), padding="same")(x)
    both = layers.Add(name="both")([wide, tall])
    walk = Walk(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(both))))
    field = receptive_field(walk.stations, "both", (8, 8, 0))
    assert box(field) == (5, 12, 6, 11)


def test_fields_that_were_counted_by_hand():
    stations = random_walk("fast").stations
    # Pooled first: 3; then 3 + 1 = 4 after the pooling by 2, and 4 + 2·2 = 8 after the next convolution.
    middle = receptive_field(stations, "block2_conv", (7, 7, 0))
    assert box(middle) == (11, 19, 11, 19)
    corner = receptive_field(stations, "block2_conv", (0, 0, 0))
    assert box(corner) == (0, 5, 0, 5)
    first = receptive_field(stations, "image", (3, 4, 0))
    assert box(first) == (3, 4, 4, 5)
    assert box(receptive_field(stations, "logits", (0,))) == (0, 28, 0, 28)


def test_the_published_size_of_a_known_network():
    """Araujo et al. (2019) give 483 pixels for the ResNet-50 whose blocks halve their maps at the end, as here.

    By hand: 7 + 2·2 = 11 behind the first pooling; then each 3×3 convolution adds twice the stride so far.
    """
    # So large that nothing of it is cut off.
    inputs = keras.Input((544, 544, 3), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inputs)
    application = keras.applications.ResNet50V2(include_top=False, weights=None, input_tensor=x)
    stations = Walk(keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(application.output)))).stations
    strides = [4] * 3 + [8] * 4 + [16] * 6 + [32] * 3
    field = receptive_field(stations, "post_relu", (8, 8, 0))
    assert 11 + 2 * sum(strides) == field.bottom - field.top == field.right - field.left == 483
    assert box(receptive_field(stations, "post_relu", (0, 16, 0)))[::3] == (0, 544)


def test_a_flattened_number_sees_what_its_place_saw():
    stations = random_walk("tutorial-cnn").stations
    # 3×3 places of 128 channels: 700 = (1·3 + 2)·128 + 60
    assert receptive_field(stations, "flatten", (700,)) == receptive_field(stations, "block3_conv", (1, 2, 60))


def test_a_zero_of_the_border_sees_nothing():
    inputs = keras.Input((6, 6, 1), dtype="uint8", name="image")
    x = layers.ZeroPadding2D(2, name="border")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Conv2D(1, 1, name="beside")(x)
    stations = Walk(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))).stations
    for name in ("border", "beside"):
        field = receptive_field(stations, name, (0, 9, 0))
        assert (field.bottom - field.top) * (field.right - field.left) == 0
        assert box(receptive_field(stations, name, (2, 7, 0))) == (0, 1, 5, 6)


def test_behind_a_layer_that_is_not_known_everything_may_be_seen():
    inputs = keras.Input((6, 6, 1), dtype="uint8", name="image")
    x = layers.SeparableConv2D(2, 3, name="strange")(layers.Rescaling(1 / 255)(inputs))
    stations = Walk(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))).stations
    assert box(receptive_field(stations, "strange", (0, 0, 0))) == (0, 6, 0, 6)


def test_a_place_that_is_not_there_is_told():
    stations = random_walk("mlp").stations
    with pytest.raises(ConfigError, match="no number 10"):
        receptive_field(stations, "logits", (10,))
    with pytest.raises(ConfigError, match="no layer 'block9_conv'"):
        receptive_field(stations, "block9_conv", (0, 0, 0))
