"""The arithmetic of a number: it comes to what Keras's layer gave, for every layer of every network."""

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from keras import layers  # noqa: TID253

from cnn_core.errors import ConfigError
from cnn_core.learn.arithmetic import explain
from cnn_core.learn.operations import Unknown
from cnn_core.learn.walk import Walk
from tests.core.networks import PRESET_NAMES, TRANSFER_NAMES, random_image, random_walk, stir

PLACES = 8


def unknown_of(walk):
    return [station for station in walk.stations if isinstance(station.operation, Unknown)]


def random_places(shape, random):
    """Corners, where windows stand over the border, and any others."""
    corners = [tuple(0 for _ in shape), tuple(side - 1 for side in shape)]
    return corners + [tuple(int(random.integers(side)) for side in shape) for _ in range(PLACES)]


def assert_explained(walk, expected, image):
    """Every number at random places is Keras's, to 1e-4, or to 1e-4 of the largest number where that is above 1.

    ``expected``: by the name of a layer, what an own Keras model gives for it.
    """
    maps, random = walk.maps(image), np.random.default_rng(1)
    last_of_layer = {station.layer: station.name for station in walk.stations}
    for station in walk.stations:
        is_end = last_of_layer[station.layer] == station.name
        output = expected[station.layer] if is_end else maps[station.name]
        tolerance = 1e-4 * max(1.0, float(np.abs(output).max()))
        for place in random_places(station.shape, random):
            explanation = explain(station, maps, place)
            assert explanation.explains, f"{station.name}: {explanation}"
            assert explanation.value == pytest.approx(float(output[place]), rel=0, abs=tolerance), station.name


def outputs_of(model, image):
    """What an own model of the same layers gives for each of them."""
    names = [layer.name for layer in model.layers]
    outputs = keras.Model(model.input, [layer.output for layer in model.layers])(image[None], training=False)
    return {name: np.float32(output[0]) for name, output in zip(names, outputs, strict=True)}


@pytest.mark.parametrize("network", [*PRESET_NAMES, *TRANSFER_NAMES])
def test_every_number_of_every_network_is_keras_s(network):
    walk, image = random_walk(network), random_image()
    model = walk.model
    assert not unknown_of(walk)
    assert_explained(walk, outputs_of(model, image), image)


def network_of(*between, shape=(9, 7, 3)):
    inputs = keras.Input(shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 100, offset=-1, name="scale")(inputs)
    for layer in between:
        x = layer(x)
    x = x if len(x.shape) == 2 else layers.Flatten(name="flatten")(x)
    model = keras.Model(inputs, layers.Dense(3, name="logits")(x))
    stir(model)
    return model


LAYERS = {
    "same, even kernel": layers.Conv2D(4, (4, 2), padding="same"),
    "same, stride 2": layers.Conv2D(4, 3, strides=2, padding="same"),
    "same, stride above the kernel": layers.Conv2D(4, 2, strides=3, padding="same"),
    "valid, stride 2": layers.Conv2D(4, (2, 3), strides=(2, 1)),
    "dilated": layers.Conv2D(4, 3, dilation_rate=(2, 1), padding="same"),
    "dilated, valid": layers.Conv2D(4, 3, dilation_rate=2),
    "in groups": layers.Conv2D(6, 3, groups=3),
    "without bias": layers.Conv2D(4, 3, use_bias=False),
    "depthwise, two filters a channel": layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same"),
    "depthwise with activation": layers.DepthwiseConv2D(3, activation="tanh", padding="same"),
    "max pooling over the border": layers.MaxPooling2D(3, strides=2, padding="same"),
    "average pooling over the border": layers.AveragePooling2D((3, 2), strides=2, padding="same"),
    "average pooling": layers.AveragePooling2D(2),
    "a mean that keeps its axes": layers.GlobalAveragePooling2D(keepdims=True),
    "a border of unequal sides": layers.ZeroPadding2D(((1, 2), (0, 3))),
    "resized smaller": layers.Resizing(5, 4),
    "resized larger": layers.Resizing(20, 13),
    "dense on maps": layers.Dense(5, activation="gelu"),
    "norm without scale": layers.BatchNormalization(scale=False),
    "norm without offset": layers.BatchNormalization(center=False, axis=3),
    "a ReLU with everything": layers.ReLU(max_value=0.8, negative_slope=0.1, threshold=0.2),
    "leaky ReLU": layers.LeakyReLU(),
    "ELU of another height": layers.ELU(alpha=0.5),
    "each channel by its own factor": layers.Rescaling([1.0, 2.0, 3.0], offset=[0.5, 0.0, -0.5]),
    **{
        name: layers.Activation(name)
        for name in (
            "relu", "relu6", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "silu", "swish", "softplus", "softsign",
            "hard_sigmoid", "hard_silu", "linear",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_every_variant_of_a_layer_is_keras_s(name):
    layer = LAYERS[name]
    layer = layer.__class__.from_config({**layer.get_config(), "name": "tested"})
    model = network_of(layer)
    image = random_image((9, 7, 3))
    assert_explained(Walk(model), outputs_of(model, image), image)


def test_channels_of_two_sources_are_told_apart():
    inputs = keras.Input((4, 4, 1), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    few, many = layers.Conv2D(2, 1, name="few")(x), layers.Conv2D(3, 1, name="many")(x)
    joined = layers.Concatenate(name="joined")([few, many])
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(joined)))
    image = random_image((4, 4, 1))
    walk = Walk(model)
    assert_explained(walk, outputs_of(model, image), image)
    maps = walk.maps(image)
    found = [explain(walk.station("joined"), maps, (1, 2, channel)) for channel in range(5)]
    expected = [("few", 0), ("few", 1), ("many", 0), ("many", 1), ("many", 2)]
    assert [(one.source, one.place[-1]) for one in found] == expected


def by_hand():
    """A 3×3 sum over an image of 1…16 that moves by 2, then a pooling and a dense layer."""
    inputs = keras.Input((4, 4, 1), dtype="uint8", name="image")
    x = layers.Rescaling(1.0, name="scale")(inputs)
    x = layers.Conv2D(1, 3, strides=2, padding="same", name="sum", kernel_initializer="ones", activation="relu")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))
    model.get_layer("sum").bias.assign([-60.0])
    walk = Walk(model)
    return walk, walk.maps(np.arange(1, 17, dtype=np.uint8).reshape(4, 4, 1))


def test_a_window_that_was_counted_by_hand():
    walk, maps = by_hand()
    # Of a border of 1 it is Keras's way to have it below and to the right.
    found = explain(walk.station("sum"), maps, (1, 1, 0))
    assert (found.source, found.rows.tolist(), found.columns.tolist()) == ("scale", [2, 3, 4], [2, 3, 4])
    assert found.patch[..., 0].tolist() == [[11, 12, 0], [15, 16, 0], [0, 0, 0]]
    assert found.is_inside.tolist() == [[True, True, False], [True, True, False], [False, False, False]]
    assert (found.channel_sums.tolist(), found.bias, found.value) == ([54], -60, -6)
    first = explain(walk.station("sum"), maps, (0, 0, 0))
    assert first.rows.tolist() == [0, 1, 2]
    assert first.value == 1 + 2 + 3 + 5 + 6 + 7 + 9 + 10 + 11 - 60
    bent = explain(walk.station("sum_relu"), maps, (1, 1, 0))
    assert (bent.given, bent.curve.title, bent.value) == (-6, "ReLU", 0)


def test_of_a_pooling_the_winner_is_named_and_the_first_of_equals():
    walk, maps = by_hand()
    # Sums of 54, 45, 72 and 54, less 60: all but one are silent.
    found = explain(walk.station("pool"), maps, (0, 0, 0))
    assert found.window.tolist() == [[0, 0], [12, 0]]
    assert (found.rows.tolist(), found.winner, found.value) == ([0, 1], (1, 0), 12)
    blank = Walk(network_of(layers.MaxPooling2D(2, name="pool"), shape=(4, 4, 1)))
    even = explain(blank.station("pool"), blank.maps(np.full((4, 4, 1), 9, np.uint8)), (1, 1, 0))
    assert even.winner == (2, 2)


def test_of_a_flattened_number_it_is_told_where_it_was():
    walk = random_walk("tutorial-cnn")
    maps = walk.maps(random_image())
    found = explain(walk.station("flatten"), maps, (700,))
    # 3×3 places of 128 channels: 700 = (1·3 + 2)·128 + 60
    assert (found.source, found.place) == ("block3_conv_relu", (1, 2, 60))


def test_of_a_dense_sum_the_largest_terms_are_told_and_what_the_others_come_to():
    walk = random_walk("tutorial-cnn")
    maps = walk.maps(random_image())
    found = explain(walk.station("logits"), maps, (3,))
    terms = found.largest(5)
    products = found.products
    assert np.abs(products[list(terms.units)]).min() >= np.abs(np.delete(products, terms.units)).max()
    assert terms.rest_count == 123
    assert products[list(terms.units)].sum() + terms.rest + found.bias == pytest.approx(maps["logits"][3], abs=1e-4)
    everything = found.largest(1000)
    assert (len(everything.units), everything.rest, everything.rest_count) == (128, 0, 0)


def test_a_zero_of_a_border_comes_from_nowhere():
    walk = Walk(network_of(layers.ZeroPadding2D(1, name="border")))
    maps = walk.maps(random_image((9, 7, 3)))
    assert explain(walk.station("border"), maps, (0, 3, 0)).place is None
    assert explain(walk.station("border"), maps, (1, 3, 2)).place == (0, 2, 2)
    assert explain(walk.station("border"), maps, (10, 3, 0)).place is None


def test_a_layer_that_is_not_known_is_told_with_its_number_and_stops_nothing():
    model = network_of(layers.SeparableConv2D(4, 3, name="strange"), layers.PReLU(name="learned"))
    walk, image = Walk(model), random_image((9, 7, 3))
    maps = walk.maps(image)
    found = explain(walk.station("strange"), maps, (2, 1, 3))
    assert not found.explains
    assert "SeparableConv2D" in found.reason
    assert found.value == maps["strange"][2, 1, 3]
    assert [station.name for station in unknown_of(walk)] == ["strange", "learned"]
    np.testing.assert_allclose(maps.logits, model(image[None], training=False).numpy()[0], atol=1e-5)


@pytest.mark.parametrize("strange", [layers.Activation("softmax"), layers.Conv2D(2, 1, activation="selu")])
def test_an_activation_that_is_not_known_is_told(strange):
    walk = Walk(network_of(strange))
    (unknown,) = unknown_of(walk)
    assert "The activation 's" in unknown.operation.reason


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [
        ("block1_conv", (28, 0, 0), "no row 28: choose one from 0 to 27"),
        ("block1_conv", (0, -1, 0), "no column -1"),
        ("block1_conv", (0, 0, 32), "no channel 32: choose one from 0 to 31"),
        ("block1_conv", (3,), "is a row, a column and a channel"),
        ("logits", (10,), "no number 10: choose one from 0 to 9"),
        ("logits", (0, 0, 0), "is one number"),
    ],
)
def test_a_place_that_is_not_there_is_told(name, place, words):
    walk = random_walk("fast")
    with pytest.raises(ConfigError, match=words):
        explain(walk.station(name), walk.maps(random_image()), place)


def test_numbers_that_were_not_kept_are_told():
    walk = random_walk("fast")
    with pytest.raises(ConfigError, match="'block1_norm' were not asked for"):
        explain(walk.station("block1_relu"), walk.maps(random_image(), ["block1_relu"]), (0, 0, 0))
