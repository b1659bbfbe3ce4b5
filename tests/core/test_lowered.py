"""The network as a training step computes it: the numbers of Keras's own layers, by fewer and smaller operations."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnn_core.config import ConvBlock, DenseBlock, ImageNetTransfer, ModelConfig, ResidualBlock
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.build import build_model
from cnn_core.models.presets import preset_config, preset_names
from cnn_core.models.transfer import build_run_model
from cnn_core.training.lowered import lowered

SHAPE, CLASSES = (12, 12, 1), 4


def conv(**settings):
    return ConvBlock(filters=5, padding="same", **settings)


NETWORKS = {
    **{
        name: preset_config(name, dataset_card("fashion-mnist"), model={"dropout": 0.0}).model
        for name in preset_names()
    },
    **{
        f"{activation}, {pooling}, {'norm' if norm else 'offset'}{', pool first' * first}": ModelConfig(
            blocks=(
                conv(activation=activation, pooling=pooling, batch_norm=norm, pool_first=first),
                conv(activation=activation),
            )
        )
        for activation in ("relu", "leaky_relu", "tanh", "elu", "sigmoid", "gelu")
        for pooling in ("max", "average")
        for norm, first in ((True, True), (True, False), (False, True), (False, False))
    },
    "residual": ModelConfig(
        blocks=(
            conv(),
            ResidualBlock(filters=5, pooling="max"),
            ResidualBlock(filters=6, stride=2, batch_norm=False, pooling="max"),
            DenseBlock(units=7, batch_norm=True),
        )
    ),
}


def built(config, shape=SHAPE):
    keras.utils.set_random_seed(3)
    model = build_model(config, shape, CLASSES)
    # Off their starts: scales may be negative, and averages must matter.
    random = np.random.default_rng(3)
    for weight in model.weights:
        if weight.name in ("gamma", "beta", "bias"):
            weight.assign(random.normal(size=weight.shape))
    return model


def batch(shape=SHAPE, count=16):
    random = np.random.default_rng(4)
    return random.integers(0, 256, (count, *shape), np.uint8), random.integers(0, CLASSES, count)


def learned_from(model, computed, images, labels):
    """Loss and gradients of a training step, and the weights after it (the averages of normalisation follow)."""
    with tf.GradientTape() as tape:
        logits = computed(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    return float(loss), [gradient.numpy() for gradient in gradients], model.get_weights()


@pytest.mark.parametrize("config", NETWORKS.values(), ids=NETWORKS.keys())
def test_it_learns_what_keras_learns(config):
    shape = (28, 28, 1) if len(config.blocks) > 3 or config in list(NETWORKS.values())[: len(preset_names())] else SHAPE
    images, labels = batch(shape)
    model, other = built(config, shape), built(config, shape)
    loss, gradients, weights = learned_from(model, lowered(model, "float32"), images, labels)
    other_loss, other_gradients, other_weights = learned_from(other, other, images, labels)
    assert loss == pytest.approx(other_loss, rel=1e-4)
    largest = max(np.abs(gradient).max() for gradient in other_gradients)
    for one, two in zip(gradients, other_gradients, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-3 * largest)
    for one, two in zip(weights, other_weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        lowered(model, "float32")(images, training=False), model(images, training=False), rtol=1e-3, atol=1e-3
    )


def operations(computed):
    """(type, shape, dtype) of every operation of a training step."""

    @tf.function
    def step(images):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(computed(images, training=True))
        return tape.gradient(loss, computed.trainable_variables)

    graph = step.get_concrete_function(tf.TensorSpec([8, *SHAPE], tf.uint8)).graph
    return [
        (op.type, tuple(op.outputs[0].shape.as_list()) if op.outputs[0].shape.rank else (), op.outputs[0].dtype)
        for op in graph.get_operations()
        if op.outputs
    ]


def test_the_activation_goes_through_a_quarter_of_the_values():
    model = built(ModelConfig(blocks=(conv(pooling="max"),)))
    assert [shape for kind, shape, _ in operations(lowered(model, "float32")) if kind == "Relu"] == [(8, 6, 6, 5)]
    assert [shape for kind, shape, _ in operations(model) if kind == "Relu"] == [(8, 12, 12, 5)]


def test_an_activation_that_falls_somewhere_stays_where_it_is():
    model = built(ModelConfig(blocks=(conv(pooling="max", activation="gelu"),)))
    assert [shape for kind, shape, _ in operations(lowered(model, "float32")) if kind == "Erfc"] == [(8, 12, 12, 5)]
    images, _ = batch()
    np.testing.assert_allclose(lowered(model, "float32")(images), model(images), atol=1e-5)


def test_normalisation_is_one_operation_each_way():
    model = built(ModelConfig(blocks=(conv(batch_norm=True), DenseBlock(units=6, batch_norm=True))))
    kinds = [kind for kind, _, _ in operations(lowered(model, "float32"))]
    assert kinds.count("FusedBatchNormV3") == 2
    assert kinds.count("FusedBatchNormGradV3") == 2


def test_in_bfloat16_the_convolutions_are_and_weights_statistics_and_logits_are_not():
    model = built(ModelConfig(blocks=(conv(batch_norm=True, pooling="max"), conv())))
    computed = lowered(model, "bfloat16")
    found = operations(computed)
    assert {dtype for kind, _, dtype in found if kind.startswith("Conv2D")} == {tf.bfloat16}
    images, labels = batch()
    loss, gradients, after = learned_from(model, computed, images, labels)
    assert computed(images).dtype == tf.float32
    assert {weight.dtype for weight in after} == {np.dtype("float32")}
    assert {gradient.dtype for gradient in gradients} == {np.dtype("float32")}
    other = built(ModelConfig(blocks=(conv(batch_norm=True, pooling="max"), conv())))
    other_loss, _, others = learned_from(other, other, images, labels)
    assert loss == pytest.approx(other_loss, rel=0.02)
    for one, two in zip(after, others, strict=True):
        np.testing.assert_allclose(one, two, rtol=0.02, atol=0.02)


def test_both_models_have_the_same_variables():
    model = built(ModelConfig(blocks=(conv(batch_norm=True, pooling="max"),)))
    computed = lowered(model, "bfloat16")
    assert [id(one) for one in computed.trainable_variables] == [id(one) for one in model.trainable_variables]
    assert {id(one) for one in computed.variables} == {id(one) for one in model.variables}


def test_a_frozen_normalisation_keeps_its_averages():
    model = built(ModelConfig(blocks=(conv(batch_norm=True),)))
    norm = model.get_layer("block1_norm")
    norm.trainable = False
    images, _ = batch()
    before = norm.get_weights()
    answers = lowered(model, "float32")(images, training=True)
    np.testing.assert_allclose(answers, model(images, training=True), atol=1e-5)
    for one, two in zip(norm.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_dropout_drops_in_training_alone():
    model = built(ModelConfig(blocks=(conv(dropout=0.5),)))
    computed = lowered(model, "float32")
    images, _ = batch()
    assert np.abs(computed(images, training=True) - computed(images, training=True)).max() > 0
    np.testing.assert_allclose(computed(images, training=False), model(images, training=False), atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("shape", [(11, 8, 3), (12, 12, 1)], ids=["colour, not square", "grey"])
def test_one_image_and_any_shape_can_be_learned_from(precision, shape):
    model = built(ModelConfig(blocks=(conv(batch_norm=True, pooling="max", pool_first=True), conv())), shape)
    loss, gradients, weights = learned_from(model, lowered(model, precision), *batch(shape, 1))
    assert np.isfinite(loss)
    assert all(np.isfinite(one).all() for one in gradients + weights)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_partly_frozen_imagenet_network_learns_as_keras_does(precision):
    def mobilenet():
        keras.utils.set_random_seed(1)
        config = preset_config("fast", dataset_card("fashion-mnist")).model_copy(
            update={"transfer": ImageNetTransfer(network="mobilenet-v2", side=32, weights="random")}
        )
        model = build_run_model(config, (28, 28, 1), CLASSES)
        for layer in model.layers[:100]:
            layer.trainable = False
        return model

    images, labels = batch((28, 28, 1), 4)
    model, other = mobilenet(), mobilenet()
    loss, _, weights = learned_from(model, lowered(model, precision), images, labels)
    other_loss, _, other_weights = learned_from(other, other, images, labels)
    assert loss == pytest.approx(other_loss, rel=1e-3 if precision == "float32" else 0.1)
    if precision == "float32":
        for one, two in zip(weights, other_weights, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)
