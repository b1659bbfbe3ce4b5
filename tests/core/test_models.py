"""The built networks: raw pixels in, logits out."""

import numpy as np
import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.inference.network import Network
from cnn_core.models.build import build_model
from cnn_core.training.predicting import PREDICTION_BATCH, predict_logits
from tests.fixtures import finished_run

SHAPE = (8, 8, 3)
SMALL = ModelConfig(
    blocks=(ConvBlock(filters=4, batch_norm=True, pooling="max", dropout=0.5), DenseBlock(units=6)),
    dropout=0.5,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, *SHAPE), np.uint8)


def test_pixels_are_scaled_to_one_and_the_logits_are_linear_in_them(images):
    model = build_model(ModelConfig(blocks=()), SHAPE, 3)
    weights, bias = (value.numpy() for value in model.get_layer("logits").weights)
    expected = images.reshape(5, -1).astype(np.float64) / 255 @ weights + bias
    logits = predict_logits(model, images)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_the_network_takes_uint8(images):
    model = build_model(SMALL, SHAPE, 3)
    assert str(model.inputs[0].dtype) == "uint8"
    assert model(images).shape == (5, 3)


def test_a_saved_network_answers_the_same_after_loading(images):
    model = build_model(SMALL, SHAPE, 10)
    run = finished_run(save=model.save)
    np.testing.assert_allclose(Network(run).logits(images), predict_logits(model, images), rtol=1e-5, atol=1e-6)


def test_dropout_does_not_touch_the_answers(images):
    model = build_model(SMALL, SHAPE, 3)
    np.testing.assert_array_equal(predict_logits(model, images), predict_logits(model, images))


def test_many_images_are_answered_in_their_order():
    model = build_model(ModelConfig(blocks=()), (2, 2, 1), 2)
    images = np.random.default_rng(1).integers(0, 256, (PREDICTION_BATCH + 3, 2, 2, 1), np.uint8)
    logits = predict_logits(model, images)
    assert logits.shape == (PREDICTION_BATCH + 3, 2)
    np.testing.assert_allclose(logits[-1:], predict_logits(model, images[-1:]), rtol=1e-4, atol=1e-5)


def set_weights(model, **values):
    """Set every weight of the named layers to one value."""
    for name, value in values.items():
        layer = model.get_layer(name)
        layer.set_weights([np.full(weight.shape, value, np.float32) for weight in layer.get_weights()])


def test_a_residual_block_that_learned_nothing_passes_its_input_on(images):
    config = ModelConfig(blocks=(ResidualBlock(filters=3, batch_norm=False),))
    model = build_model(config, SHAPE, 3)
    set_weights(model, block1_conv1=0, block1_conv2=0)
    plain = build_model(ModelConfig(blocks=()), SHAPE, 3)
    plain.get_layer("logits").set_weights(model.get_layer("logits").get_weights())
    np.testing.assert_allclose(predict_logits(model, images), predict_logits(plain, images), rtol=1e-5, atol=1e-6)


def test_a_residual_block_adds_before_its_last_activation(images):
    config = ModelConfig(blocks=(ResidualBlock(filters=3, kernel=1, batch_norm=False),), features="global-average")
    model = build_model(config, SHAPE, 3)
    set_weights(model, block1_conv1=0)
    model.get_layer("block1_conv2").set_weights([np.zeros((1, 1, 3, 3)), np.full(3, -0.5)])
    model.get_layer("logits").set_weights([np.eye(3), np.zeros(3)])
    expected = np.maximum(images / 255 - 0.5, 0).mean(axis=(1, 2))
    np.testing.assert_allclose(predict_logits(model, images), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("block", "has_shortcut_layer"),
    [({"filters": 3}, False), ({"filters": 4}, True), ({"filters": 3, "stride": 2}, True)],
)
def test_the_shortcut_is_the_identity_where_the_shapes_agree_and_else_a_1x1_convolution(block, has_shortcut_layer):
    model = build_model(ModelConfig(blocks=(ResidualBlock(**block),)), SHAPE, 3)
    shortcuts = [layer for layer in model.layers if layer.name == "block1_shortcut"]
    assert bool(shortcuts) == has_shortcut_layer
    for layer in shortcuts:
        assert layer.kernel_size == (1, 1)
        assert layer.strides == (block.get("stride", 1),) * 2


def test_every_layer_of_a_block_is_found_by_its_prefix():
    blocks = (
        ConvBlock(filters=4, padding="same", batch_norm=True, pooling="max", dropout=0.1),
        ResidualBlock(filters=6, pooling="average", dropout=0.1, activation="leaky_relu"),
        DenseBlock(units=5, batch_norm=True, dropout=0.1),
    )
    model = build_model(ModelConfig(blocks=blocks), SHAPE, 3)
    of_no_block = [layer.name for layer in model.layers if not layer.name.startswith("block")]
    assert of_no_block == ["image", "scale", "flatten", "logits"]
    assert sum(layer.name.startswith("block2_") for layer in model.layers) == 11


def test_global_averaging_gives_the_mean_of_each_map(images):
    model = build_model(ModelConfig(blocks=(), features="global-average"), SHAPE, 3)
    weights, bias = (value.numpy() for value in model.get_layer("logits").weights)
    expected = (images / 255).mean(axis=(1, 2)) @ weights + bias
    np.testing.assert_allclose(predict_logits(model, images), expected, rtol=1e-4, atol=1e-5)


def test_a_saved_residual_network_answers_the_same_after_loading(images):
    config = ModelConfig(blocks=(ResidualBlock(filters=4, stride=2), DenseBlock(units=4)), features="global-average")
    model = build_model(config, SHAPE, 10)
    run = finished_run(save=model.save)
    np.testing.assert_allclose(Network(run).logits(images), predict_logits(model, images), rtol=1e-5, atol=1e-6)
