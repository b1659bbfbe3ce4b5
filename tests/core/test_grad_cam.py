"""Grad-CAM against networks whose maps can be written down, and on every network that can be trained."""

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np
import pytest
from keras import layers  # noqa: TID253

from cnn_core.config import ImageNetTransfer
from cnn_core.data.catalogue import dataset_card
from cnn_core.duel.networks import duel_network
from cnn_core.errors import RunError
from cnn_core.explain.grad_cam import GradCam, find_feature_map
from cnn_core.explain.heat import heat_picture
from cnn_core.models.build import build_model
from cnn_core.models.presets import PRESETS, preset_config
from cnn_core.models.transfer import build_run_model

IMAGE = np.random.default_rng(0).integers(0, 256, (6, 6, 1), np.uint8)
X = IMAGE[..., 0] / 255
# For each class, how much the two filters count: the one is the image, the other its negative.
BY_HAND = {
    "the image": ((1, 0), X),
    "its negative": ((0, 1), 1 - X),
    "negative evidence everywhere": ((-1, -1), np.zeros((6, 6))),
    "evidence for and against": ((2, -1), np.maximum(3 * X - 1, 0)),
}
CLASSES = list(range(len(BY_HAND)))


def network_by_hand(*between, activation="relu"):
    """Two filters of one pixel: x and 1 − x; then layers that have no weights; then a class for each of BY_HAND."""
    inputs = keras.Input((6, 6, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(2, 1, activation=activation, name="filters")(x)
    for layer in between:
        x = layer(x)
    model = keras.Model(inputs, layers.Dense(len(BY_HAND), name="logits")(x))
    model.get_layer("filters").set_weights([np.float32([[[[1, -1]]]]), np.float32([0, 1])])
    each = x.shape[-1] // 2
    by_class = np.float32([weights for weights, _ in BY_HAND.values()]).T
    model.get_layer("logits").set_weights([np.tile(by_class, (each, 1)), np.zeros(len(BY_HAND), np.float32)])
    return model


HEADS = {
    "averaged": lambda: [layers.GlobalAveragePooling2D()],
    "flattened": lambda: [layers.Flatten()],
    # Half of the map is thrown away behind it, and yet the map is as fine as the convolution made it.
    "pooled and flattened": lambda: [layers.MaxPooling2D(2), layers.Dropout(0.5), layers.Flatten()],
}


@pytest.mark.parametrize("head", HEADS)
def test_the_map_is_the_one_that_can_be_written_down(head):
    maps = GradCam(network_by_hand(*HEADS[head]())).maps(IMAGE, CLASSES)
    assert (maps.shape, maps.dtype) == ((4, 6, 6), np.float32)
    for found, (name, (_, expected)) in zip(maps, BY_HAND.items(), strict=True):
        np.testing.assert_allclose(found, expected / (expected.max() or 1), atol=1e-6, err_msg=name)


def test_what_is_pooled_before_the_rest_has_a_map_as_fine_as_before_the_pooling():
    behind = [layers.MaxPooling2D(2), layers.BatchNormalization(), layers.Activation("relu"), layers.Flatten()]
    maps = GradCam(network_by_hand(*behind, activation=None)).maps(IMAGE, CLASSES)
    for found, (name, (_, expected)) in zip(maps, BY_HAND.items(), strict=True):
        np.testing.assert_allclose(found, expected / (expected.max() or 1), atol=1e-6, err_msg=name)


def test_a_mean_is_no_choice_among_finer_values():
    behind = [layers.AveragePooling2D(2), layers.Activation("relu"), layers.Flatten()]
    assert GradCam(network_by_hand(*behind, activation=None)).maps(IMAGE, [0]).shape == (1, 3, 3)


def test_classes_may_be_asked_for_in_any_order_and_number():
    grad_cam = GradCam(network_by_hand(layers.GlobalAveragePooling2D()))
    together = grad_cam.maps(IMAGE, CLASSES)
    np.testing.assert_allclose(grad_cam.maps(IMAGE, [3, 0]), together[[3, 0]], atol=1e-6)
    np.testing.assert_allclose(grad_cam.maps(IMAGE, [1]), together[[1]], atol=1e-6)
    # Compiled once for all of that.
    assert grad_cam._maps.experimental_get_tracing_count() == 1


def test_a_network_whose_layers_do_not_learn_has_a_map_too():
    model = network_by_hand(layers.GlobalAveragePooling2D())
    model.trainable = False
    np.testing.assert_allclose(GradCam(model).maps(IMAGE, [0])[0], X / X.max(), atol=1e-6)


def test_a_convolution_inside_of_a_nested_model_is_found():
    inner_inputs = keras.Input((6, 6, 1))
    inner = keras.Model(inner_inputs, layers.Conv2D(3, 3)(inner_inputs), name="inner")
    inputs = keras.Input((6, 6, 1), dtype="uint8")
    x = layers.Flatten()(inner(layers.Rescaling(1 / 255)(inputs)))
    assert GradCam(keras.Model(inputs, layers.Dense(2)(x))).maps(IMAGE, [0, 1]).shape == (2, 4, 4)


def fashion_network(preset, **sections):
    config = preset_config(preset, dataset_card("fashion-mnist"), **sections)
    return build_run_model(config, (28, 28, 1), 10)


EXPECTED = {
    # Found behind the pooling, and shown as fine as before it.
    "fast": ("block3_relu", (7, 7, 128)),
    "strong": ("block5_relu", (7, 7, 128)),
    "best": ("block5_relu", (7, 7, 128)),
    "tutorial-cnn": ("block3_conv", (3, 3, 128)),
    "simple-cnn": ("block2_conv", (11, 11, 64)),
    "small-resnet": ("block4_relu", (4, 4, 128)),
}


def test_every_preset_is_tested():
    assert {preset.name for preset in PRESETS} == {*EXPECTED, "mlp"}


@pytest.mark.parametrize("preset", EXPECTED)
def test_the_map_of_a_preset_is_the_last_that_a_convolution_made(preset):
    model = fashion_network(preset)
    name, shape = EXPECTED[preset]
    assert find_feature_map(model) is model.get_layer(name).output
    maps = GradCam(model).maps(np.zeros((28, 28, 1), np.uint8) + 99, [0, 9])
    assert maps.shape == (2, *shape[:2])
    assert maps.min() >= 0
    assert maps.max() <= 1


@pytest.mark.parametrize(("network", "name"), [("mobilenet-v2", "out_relu"), ("resnet50-v2", "post_relu")])
def test_the_map_of_an_imagenet_network_is_the_one_that_is_averaged(network, name):
    transfer = ImageNetTransfer(network=network, side=96, weights="random")
    config = preset_config("fast", dataset_card("fashion-mnist")).model_copy(update={"transfer": transfer})
    model = build_run_model(config, (28, 28, 1), 10)
    assert find_feature_map(model) is model.get_layer(name).output
    assert GradCam(model).maps(np.zeros((28, 28, 1), np.uint8), [3]).shape == (1, 3, 3)


def test_the_weights_are_the_mean_gradients_that_a_tape_over_the_whole_network_gives():
    import tensorflow as tf

    model = fashion_network("small-resnet")
    image = np.random.default_rng(1).integers(0, 256, (28, 28, 1), np.uint8)
    both = keras.Model(model.input, [model.get_layer("block4_relu").output, model.output])
    with tf.GradientTape(persistent=True) as tape:
        found, logits = both(image[None], training=False)
        each = tf.unstack(logits[0])
    maps = GradCam(model).maps(image, range(10))
    for one, logit in zip(maps, each, strict=True):
        weights = tape.gradient(logit, found).numpy()[0].mean(axis=(0, 1))
        expected = np.maximum(found.numpy()[0] @ weights, 0)
        np.testing.assert_allclose(one, expected / (expected.max() or 1), atol=1e-3)
    assert maps.any()


def test_a_network_without_convolution_has_no_map_and_says_why():
    grad_cam = GradCam(fashion_network("mlp"))
    assert not grad_cam.has_map
    with pytest.raises(RunError, match="has no convolution"):
        grad_cam.maps(np.zeros((28, 28, 1), np.uint8), [0])


def test_a_network_that_shuffles_pixels_has_no_map_for_it_would_not_lie_on_the_picture():
    network = duel_network("cnn", (8, 8, 1), 10, is_shuffled=True)
    grad_cam = GradCam(build_model(network, (8, 8, 1), 10))
    assert not grad_cam.has_map
    with pytest.raises(RunError, match="shuffles the pixels"):
        grad_cam.maps(np.zeros((8, 8, 1), np.uint8), [0])
    plain = network.model_copy(update={"shuffle_pixels": False})
    assert GradCam(build_model(plain, (8, 8, 1), 10)).has_map


@pytest.mark.parametrize("channels", [1, 3])
def test_where_the_map_is_cold_the_picture_is_grey_and_where_it_is_hot_it_is_warm(channels):
    image = np.full((4, 4, channels), 130, np.uint8)
    heat = np.zeros((4, 4))
    heat[0, 0] = 1
    picture = heat_picture(image, heat, side=40).astype(int)
    assert picture.shape == (40, 40, 3)
    assert len(set(picture[-1, -1])) == 1
    red, green, blue = picture[0, 0]
    assert red > green + 60 > blue + 60
    # On the way from hot to cold it is neither.
    assert 0 < picture[10, 0, 0] - picture[10, 0, 2] < red - blue


def test_the_pixels_of_a_small_image_stay_squares_and_light_and_dark_stay_apart():
    image = np.uint8([[0, 255], [255, 0]])[..., None]
    picture = heat_picture(image, np.zeros((3, 3)), side=10)
    assert picture.shape == (10, 10, 3)
    assert len(np.unique(picture[:5, :5])) == 1
    assert picture[0, 9, 0] - int(picture[0, 0, 0]) > 150


def test_an_image_that_is_not_square_keeps_its_proportions():
    assert heat_picture(np.zeros((10, 20, 3), np.uint8), np.ones((2, 3)), side=50).shape == (30, 60, 3)
