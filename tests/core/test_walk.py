"""The way through a network: each station is what Keras's own layer gives, and the last one is the answer."""

from concurrent.futures import ThreadPoolExecutor

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from keras import layers  # noqa: TID253

from cnn_core.errors import ConfigError, RunError
from cnn_core.inference.network import Network
from cnn_core.learn.walk import Walk
from tests.core.networks import PRESET_NAMES, TRANSFER_NAMES, random_image, random_network, random_walk, stir
from tests.fixtures import finished_run

IMAGE = random_image()


def assert_close(found, expected, name):
    """To 1e-4, or to 1e-4 of the largest number where that is above 1."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * max(1, np.abs(expected).max()), err_msg=name)


@pytest.mark.parametrize("network", [*PRESET_NAMES, *TRANSFER_NAMES])
def test_every_station_is_what_keras_gives_and_the_last_is_the_answer(network):
    walk = random_walk(network)
    model = walk.model
    maps = walk.maps(IMAGE)
    layer_outputs = [layer.output for layer in model.layers]
    outputs = keras.Model(model.input, layer_outputs)(IMAGE[None], training=False)
    expected = dict(zip([layer.name for layer in model.layers], outputs, strict=True))
    last_of_layer = {station.layer: station for station in walk.stations}
    assert set(last_of_layer) == set(expected)
    for name, output in expected.items():
        found = maps[last_of_layer[name].name]
        assert found.dtype == np.float32
        assert found.shape == last_of_layer[name].shape
        assert_close(found, np.float32(output[0]), name)
    assert_close(maps.logits, model(IMAGE[None], training=False).numpy()[0], "logits")
    assert np.abs(maps.logits - walk.maps(255 - IMAGE).logits).max() > 0.01
    np.testing.assert_array_equal(maps.logits, maps[walk.stations[-1].name])
    np.testing.assert_allclose(maps.probabilities, keras.ops.softmax(maps.logits), atol=1e-6)


@pytest.mark.parametrize("network", [*PRESET_NAMES, *TRANSFER_NAMES])
def test_every_station_stands_behind_those_that_feed_it(network):
    walk = random_walk(network)
    seen = set()
    for station in walk.stations:
        assert seen.issuperset(station.sources)
        assert station.name not in seen
        seen.add(station.name)
    assert walk.stations[0].sources == ()
    assert all(station.sources for station in walk.stations[1:])


def test_a_convolution_that_brings_its_activation_is_two_stations():
    walk = random_walk("tutorial-cnn")
    names = [station.name for station in walk.stations]
    at = names.index("block1_conv")
    assert names[at + 1] == "block1_conv_relu"
    assert [walk.stations[at].kind, walk.stations[at + 1].kind] == ["convolution", "activation"]
    maps = walk.maps(IMAGE)
    sums = maps["block1_conv"]
    assert sums.min() < 0 < sums.max()
    np.testing.assert_array_equal(maps["block1_conv_relu"], np.maximum(sums, 0))


def test_what_a_person_reads_of_the_stations():
    titles = {station.name: station.title for station in random_walk("small-resnet").stations}
    assert titles["image"] == "Picture, 28×28"
    assert titles["block1_conv"] == "Convolution 1, 3×3, 32 filters"
    assert titles["block1_pool"] == "Max pooling, 2×2"
    assert titles["block2_conv1"] == "Convolution 2, 3×3, 32 filters"
    assert titles["block3_shortcut"] == "Shortcut, 1×1, 64 filters"
    assert titles["block2_relu"] == "ReLU"
    assert titles["logits"] == "Logits, 10 classes"
    titles = {station.name: station.title for station in random_walk("mobilenet-v2").stations}
    assert titles["resize"] == "Resized to 32×32"
    assert titles["Conv1_relu"] == "ReLU6"
    assert titles["block_1_depthwise"].startswith("Depthwise convolution ")


def test_blocks_are_those_of_the_layers_names():
    blocks = {station.name: station.block for station in random_walk("fast").stations}
    assert [blocks[name] for name in ("image", "block1_conv", "block3_relu", "block4_dense", "logits")] == [
        0,
        1,
        3,
        4,
        0,
    ]


def test_dropout_is_there_and_not_shown_and_changes_nothing():
    walk = random_walk("fast")
    station = walk.station("dropout")
    assert (station.kind, station.is_shown) == ("dropout", False)
    maps = walk.maps(IMAGE)
    np.testing.assert_array_equal(maps["dropout"], maps[station.sources[0]])
    assert walk.station("block1_conv").is_shown


def test_a_network_without_convolution_is_walked_through_and_has_no_maps_but_the_picture():
    walk = random_walk("mlp")
    assert [station.kind for station in walk.stations if station.has_maps] == ["image", "scale"]


@pytest.fixture(scope="module")
def fast():
    walk = random_walk("fast")
    return walk.model, walk


def test_only_what_is_asked_for_is_kept(fast):
    _, walk = fast
    maps = walk.maps(IMAGE, ["block2_relu"])
    assert set(maps.values) == {"block2_relu"}
    np.testing.assert_array_equal(maps["block2_relu"], walk.maps(IMAGE)["block2_relu"])
    assert maps.logits.shape == (10,)
    with pytest.raises(ConfigError, match="'block1_conv' were not asked for"):
        maps["block1_conv"]


def test_what_is_given_out_is_nobody_s_to_change(fast):
    _, walk = fast
    maps = walk.maps(IMAGE)
    with pytest.raises(ValueError, match="read-only"):
        maps["block1_conv"][0] = 0


def test_many_threads_get_each_the_numbers_of_their_own_picture(fast):
    model, walk = fast
    images = [random_image(seed=seed) for seed in range(8)]
    expected = model(np.stack(images), training=False).numpy()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda image: walk.maps(image).logits, images))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert walk._maps.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("image", [random_image((27, 28, 1)), random_image()[..., 0], random_image() / 255])
def test_a_picture_of_another_shape_or_type_is_told(fast, image):
    with pytest.raises(ConfigError, match=r"takes pictures of the shape \(28, 28, 1\)"):
        fast[1].maps(image)


def test_a_station_that_is_not_there_is_told_with_the_one_that_was_meant(fast):
    with pytest.raises(ConfigError, match="Did you mean 'block2_conv'"):
        fast[1].maps(IMAGE, ["block2_con"])


def test_a_network_that_went_astray_is_told():
    model = random_network("simple-cnn")
    model.get_layer("logits").bias.assign(np.full(10, np.nan, np.float32))
    with pytest.raises(RunError, match="went astray"):
        Walk(model).maps(IMAGE)


def test_the_saved_network_of_a_run_is_walked_through_with_its_own_answers():
    model = random_network("small-resnet")
    network = Network(finished_run(save=model.save))
    maps = Walk(network.model).maps(IMAGE)
    assert_close(maps.logits, network.logits(IMAGE[None])[0], "logits")
    assert_close(maps.logits, model(IMAGE[None], training=False).numpy()[0], "logits")


def test_a_model_of_mixed_precision_is_walked_through_in_float32():
    plain = random_network("fast")

    def lowered(layer):
        return layer.__class__.from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})

    mixed = keras.models.clone_model(plain, clone_function=lowered)
    mixed.set_weights(plain.get_weights())
    network = Network(finished_run(save=mixed.save))
    assert network.model.get_layer("block1_conv").compute_dtype == "bfloat16"
    maps = Walk(network.model).maps(IMAGE)
    exact, rounded = plain(IMAGE[None], training=False).numpy()[0], np.float32(mixed(IMAGE[None], training=False))[0]
    assert_close(maps.logits, exact, "logits")
    assert np.abs(rounded - exact).max() > 1e-3
    assert {values.dtype for values in maps.values.values()} == {np.dtype(np.float32)}


def nested():
    inner_inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, activation="gelu", name="conv")(inner_inputs)
    inner = keras.Model(inner_inputs, layers.Add(name="sum")([x, layers.Activation("tanh", name="bent")(x)]), name="in")
    inputs = keras.Input((6, 6, 3), dtype="uint8", name="image")
    x = inner(layers.Rescaling(1 / 255, name="scale")(inputs))
    x = layers.Conv2D(2, 2, name="conv")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))


def test_a_submodel_is_opened():
    model = nested()
    stir(model)
    walk = Walk(model)
    names = [station.name for station in walk.stations]
    # Two layers have the same name, one of them in the submodel.
    assert names == ["image", "scale", "conv", "conv_gelu", "bent", "sum", "conv_2", "flatten", "logits"]
    assert walk.station("sum").sources == ("conv_gelu", "bent")
    image = random_image((6, 6, 3))
    maps = walk.maps(image)
    np.testing.assert_allclose(maps.logits, model(image[None], training=False).numpy()[0], atol=1e-5)
    inner = model.get_layer("in")
    np.testing.assert_allclose(maps["sum"], inner(maps["scale"][None]).numpy()[0], atol=1e-5)


def test_a_submodel_may_be_the_end_and_the_beginning():
    inputs = keras.Input((6, 6, 3), dtype="uint8", name="image")
    head = keras.Sequential([keras.Input((6, 6, 3)), layers.Flatten(), layers.Dense(3, name="logits")], name="head")
    model = keras.Model(inputs, head(layers.Rescaling(1 / 255, name="scale")(inputs)))
    walk = Walk(model)
    assert walk.stations[-1].title == "Logits, 3 classes"
    image = random_image((6, 6, 3))
    np.testing.assert_allclose(walk.maps(image).logits, model(image[None], training=False).numpy()[0], atol=1e-5)
    outer = keras.Sequential([keras.Input((6, 6, 3), dtype="uint8"), model])
    np.testing.assert_allclose(Walk(outer).maps(image).logits, model(image[None], training=False).numpy()[0], atol=1e-5)


def test_a_layer_that_is_used_twice_is_two_stations():
    inputs = keras.Input((6, 6, 1), dtype="uint8", name="image")
    norm = layers.BatchNormalization(name="norm")
    x = norm(norm(layers.Rescaling(1 / 255, name="scale")(inputs)))
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))
    stir(model)
    walk = Walk(model)
    assert [station.name for station in walk.stations] == ["image", "scale", "norm", "norm_2", "flatten", "logits"]
    image = random_image((6, 6, 1))
    np.testing.assert_allclose(walk.maps(image).logits, model(image[None], training=False).numpy()[0], atol=1e-5)


def test_what_changes_pictures_at_random_in_training_leaves_them_alone():
    inputs = keras.Input((6, 6, 1), dtype="uint8", name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.RandomBrightness(0.5, (0, 1), name="moved")(layers.GaussianNoise(1.0, name="noise")(x))
    model = keras.Model(inputs, layers.Dense(2, name="logits")(layers.Flatten(name="flatten")(x)))
    walk, image = Walk(model), random_image((6, 6, 1))
    maps = walk.maps(image)
    np.testing.assert_array_equal(maps["moved"], maps["scale"])
    np.testing.assert_allclose(maps.logits, model(image[None], training=False).numpy()[0], atol=1e-5)


def test_a_model_that_is_no_chain_of_layers_is_told():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(RunError, match="cannot be walked through"):
        Walk(Own())
