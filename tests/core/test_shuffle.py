"""Shuffled pixels: the same permutation everywhere, in a saved network, in the script, in what Learn explains."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from pydantic import ValidationError

from cnn_core.config import ConvBlock, DenseBlock, ImageNetTransfer, ModelConfig, RunConfig, RunTransfer
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError
from cnn_core.figures.network_columns import columns_of
from cnn_core.learn.arithmetic import explain
from cnn_core.learn.explanations import Taken
from cnn_core.learn.receptive import receptive_field
from cnn_core.learn.walk import Walk
from cnn_core.models.build import build_model
from cnn_core.models.pixel_order import pixel_order
from cnn_core.models.presets import preset_config
from cnn_core.models.shuffle import ShufflePixels
from cnn_core.models.summary import layer_table
from cnn_core.models.transfer_settings import check_transfer
from cnn_core.training.lowered import lowered
from tests.core.networks import random_image, stir
from tests.core.script_cases import executed
from tests.fixtures import digits_config, finished_run

SHAPE = (12, 10, 3)
NETWORK = ModelConfig(
    blocks=(ConvBlock(filters=4, padding="same", pooling="max", batch_norm=True), DenseBlock(units=6)),
    shuffle_pixels=True,
)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    found = build_model(NETWORK, SHAPE, 5)
    stir(found)
    return found


def shuffled_by_hand(images):
    height, width, channels = images.shape[-3:]
    order = np.random.RandomState(0).permutation(height * width)
    rows = images.reshape(-1, height * width, channels)
    return rows[:, order].reshape(images.shape)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (12, 10), (1, 1)])
def test_the_order_is_a_permutation_and_never_changes(height, width):
    order = pixel_order(height, width)
    assert sorted(order.tolist()) == list(range(height * width))
    np.testing.assert_array_equal(order, np.random.RandomState(0).permutation(height * width))


def test_the_order_is_that_of_the_networks_that_were_saved_already():
    # Were it another one, every saved network with shuffled pixels would see other images.
    assert pixel_order(8, 8)[:10].tolist() == [45, 29, 43, 61, 34, 33, 31, 40, 26, 62]


def test_old_settings_say_that_nothing_is_shuffled():
    assert ModelConfig.model_validate({"blocks": []}).shuffle_pixels is False


def test_a_network_sees_what_one_without_sees_of_images_that_are_shuffled_before(model):
    plain = build_model(NETWORK.model_copy(update={"shuffle_pixels": False}), SHAPE, 5)
    plain.set_weights(model.get_weights())
    images = np.stack([random_image(SHAPE, seed) for seed in range(4)])
    np.testing.assert_allclose(model(images), plain(shuffled_by_hand(images)), atol=1e-5)
    assert np.abs(model(images) - plain(images)).max() > 0.01


def test_the_layer_learns_nothing_and_stands_behind_the_image(model):
    assert [layer.name for layer in model.layers[:3]] == ["image", "shuffle", "scale"]
    assert not model.get_layer("shuffle").weights
    rows = layer_table(NETWORK, SHAPE, 5)
    assert [(row.name, row.type) for row in rows[:3]] == [
        ("image", "InputLayer"),
        ("shuffle", "ShufflePixels"),
        ("scale", "Rescaling"),
    ]
    assert sum(row.parameters for row in rows) == model.count_params()


def test_a_training_step_computes_the_same(model):
    images = np.stack([random_image(SHAPE, seed) for seed in range(4)])
    expected = model(images).numpy()
    np.testing.assert_allclose(lowered(model, "float32")(images), expected, atol=1e-4)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(lowered(model, "bfloat16")(images), expected, atol=0.05 * scale)


def test_another_process_loads_it_as_the_app_does(model):
    config = digits_config(model=NETWORK.model_dump())
    run = finished_run(config, save=model.save)
    image = random_image(SHAPE)
    code = f"""
import numpy as np
from cnn_core.inference.network import Network
from cnn_core.runs.store import find_run
image = np.frombuffer(bytes.fromhex({image.tobytes().hex()!r}), np.uint8).reshape(1, *{SHAPE})
print("logits:", *Network(find_run({run.id!r})).logits(image)[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    found = [float(word) for word in done.stdout.splitlines()[-1].split()[1:]]
    np.testing.assert_allclose(found, model(image[None])[0], atol=1e-4)


def test_the_script_builds_the_same_network():
    # The script has a layer of that name, too: afterwards ours must be the one that Keras knows.
    registered = dict(keras.saving.get_custom_objects())
    config = digits_config(model=NETWORK.model_dump())
    try:
        built = executed(config)["build_model"]()
    finally:
        keras.saving.get_custom_objects().update(registered)
    ours = build_model(NETWORK, (8, 8, 1), 10)
    ours.set_weights(built.get_weights())
    images = np.stack([random_image((8, 8, 1), seed) for seed in range(4)])
    np.testing.assert_allclose(built(images), ours(images), atol=1e-5)
    assert built.get_layer("shuffle").get_config().keys() == ours.get_layer("shuffle").get_config().keys()


def test_learn_shows_the_station_and_where_each_pixel_comes_from(model):
    walk, image = Walk(model), random_image(SHAPE)
    maps = walk.maps(image)
    assert walk.station("shuffle").title == "Pixels shuffled"
    np.testing.assert_array_equal(maps["shuffle"], shuffled_by_hand(image))
    for place in ((0, 0, 0), (11, 9, 2), (5, 3, 1)):
        taken = explain(walk.station("shuffle"), maps, place)
        assert isinstance(taken, Taken)
        assert taken.source == "image"
        assert taken.place is not None
        assert image[taken.place] == taken.value == maps["shuffle"][place]
        assert taken.place[2] == place[2]


def test_a_number_sees_a_pixel_only_if_that_pixel_can_change_it(model):
    walk = Walk(model)
    place = (4, 4, 0)
    field = receptive_field(walk.stations, "block1_conv", place)
    image = np.full(SHAPE, 100, np.uint8)
    before = walk.maps(image, ["block1_conv"])["block1_conv"][place]
    seen = []
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            changed = image.copy()
            changed[row, column] = 255
            if walk.maps(changed, ["block1_conv"])["block1_conv"][place] != before:
                seen.append((row, column))
    rows, columns = zip(*seen, strict=True)
    assert len(seen) == 9
    assert (field.top, field.bottom - 1) == (min(rows), max(rows))
    assert (field.left, field.right - 1) == (min(columns), max(columns))


@pytest.mark.parametrize("row", [0, 5, 12])
def test_of_a_border_around_shuffled_pixels_nothing_is_seen(row):
    inputs = keras.Input((8, 8, 1), dtype="uint8", name="image")
    x = layers.ZeroPadding2D(3, name="border")(ShufflePixels(name="shuffle")(inputs))
    x = layers.Conv2D(1, 2, name="seen")(layers.Rescaling(1 / 255, name="scale")(x))
    walk = Walk(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x))))
    for column in (0, 1, 11):
        field = receptive_field(walk.stations, "seen", (row, column, 0))
        assert (field.bottom - field.top) * (field.right - field.left) == 0


def test_the_picture_of_the_network_says_so():
    assert "pixels shuffled" in columns_of(NETWORK, SHAPE, 5)[0].lines
    plain = NETWORK.model_copy(update={"shuffle_pixels": False})
    assert "pixels shuffled" not in columns_of(plain, SHAPE, 5)[0].lines


def test_an_imagenet_network_knows_no_shuffled_pixels():
    with pytest.raises(ValidationError, match="set shuffle_pixels to false"):
        RunConfig(preset="x", model=ModelConfig(blocks=(), shuffle_pixels=True), transfer=ImageNetTransfer())


@pytest.mark.parametrize("is_shuffled", [True, False])
def test_features_of_shuffled_pixels_are_taken_for_shuffled_pixels_only(is_shuffled):
    source = finished_run(digits_config("mlp", model={"shuffle_pixels": is_shuffled}))
    card = dataset_card("digits")
    transfer = RunTransfer(run=source.id, blocks=1)
    fitting = digits_config("mlp", model={"shuffle_pixels": is_shuffled}).model_copy(update={"transfer": transfer})
    check_transfer(fitting, card)
    other = digits_config("mlp", model={"shuffle_pixels": not is_shuffled}).model_copy(update={"transfer": transfer})
    with pytest.raises(ConfigError, match="huffle the pixels here, too"):
        check_transfer(other, card)


def test_features_of_shuffled_pixels_are_those_of_one_size():
    network = {"blocks": [ConvBlock(filters=4, padding="same").model_dump()], "shuffle_pixels": True}
    source = finished_run(digits_config("mlp", model=network))
    larger = dataset_card("fashion-mnist")
    config = preset_config("mlp", larger, model=network)
    config = config.model_copy(update={"transfer": RunTransfer(run=source.id, blocks=1)})
    with pytest.raises(ConfigError, match=r"8×8, and those of Fashion-MNIST, 28×28"):
        check_transfer(config, larger)
    plain = {**network, "shuffle_pixels": False}
    source = finished_run(digits_config("mlp", model=plain))
    config = preset_config("mlp", larger, model=plain)
    check_transfer(config.model_copy(update={"transfer": RunTransfer(run=source.id, blocks=1)}), larger)
