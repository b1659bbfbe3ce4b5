"""The built networks: raw pixels in, logits out."""

import numpy as np
import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig
from cnn_core.inference.network import Network
from cnn_core.models.build import build_model
from cnn_core.training.fit import PREDICTION_BATCH, predict_logits
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
