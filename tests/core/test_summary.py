"""The table of layers and the size of a network, against the Keras model that is built."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.models.build import build_model
from cnn_core.models.shapes import ShapeError, collapses
from cnn_core.models.summary import NetworkSize, describe, layer_table, network_size

COMMON = {
    "batch_norm": st.booleans(),
    "activation": st.sampled_from(["relu", "leaky_relu", "tanh"]),
    "dropout": st.sampled_from([0.0, 0.25]),
}
WINDOW = {
    "filters": st.integers(1, 5),
    "kernel": st.integers(1, 5),
    "stride": st.integers(1, 3),
    "pooling": st.sampled_from(["max", "average", "none"]),
}
CONV = st.builds(ConvBlock, padding=st.sampled_from(["valid", "same"]), pool_first=st.booleans(), **WINDOW, **COMMON)
RESIDUAL = st.builds(ResidualBlock, **WINDOW, **COMMON)
DENSE = st.builds(DenseBlock, units=st.integers(1, 9), **COMMON)
NETWORKS = st.builds(
    lambda first, dense, **settings: ModelConfig(blocks=(*first, *dense), **settings),
    st.lists(CONV | RESIDUAL, max_size=4),
    st.lists(DENSE, max_size=2),
    features=st.sampled_from(["flatten", "global-average"]),
    dropout=st.sampled_from([0.0, 0.5]),
    enlarge_to=st.sampled_from([None, 8, 20]),
)


@settings(max_examples=60, deadline=None)
@given(
    config=NETWORKS,
    shape=st.tuples(st.integers(4, 24), st.integers(4, 24), st.sampled_from([1, 3])),
    class_count=st.integers(2, 5),
)
def test_the_table_is_what_keras_builds(config, shape, class_count):
    assume(not collapses(config, *shape[:2]))
    model = build_model(config, shape, class_count)
    rows = layer_table(config, shape, class_count)
    assert len({row.name for row in rows}) == len(rows)
    assert {row.name: (row.type, row.output_shape, row.parameters, row.trainable_parameters) for row in rows} == {
        layer.name: (
            type(layer).__name__,
            tuple(layer.output.shape[1:]),
            layer.count_params(),
            sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights),
        )
        for layer in model.layers
    }
    size = network_size(config, shape, class_count)
    assert size.parameters == model.count_params()
    for number, _ in enumerate(config.blocks, start=1):
        in_block = {row.name for row in rows if row.block == number} - {"flatten", "average"}
        assert in_block == {layer.name for layer in model.layers if layer.name.startswith(f"block{number}_")}
    assert [row.block for row in rows] == sorted(row.block for row in rows)


def multiply_adds_of(layer):
    """Of a Keras layer that was built: how often each weight of its kernel is used."""
    if type(layer).__name__ == "Conv2D":
        return int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:3]))
    return int(np.prod(layer.kernel.shape)) if type(layer).__name__ == "Dense" else 0


@settings(max_examples=15, deadline=None)
@given(config=NETWORKS)
def test_a_kernel_is_multiplied_once_at_every_place_of_its_output(config):
    shape = (17, 14, 3)
    assume(not collapses(config, *shape[:2]))
    model = build_model(config, shape, 3)
    assert {row.name: row.multiply_adds for row in layer_table(config, shape, 3)} == {
        layer.name: multiply_adds_of(layer) for layer in model.layers
    }


def test_without_shortcuts_the_rows_stand_in_keras_s_order():
    config = ModelConfig(
        blocks=(
            ConvBlock(filters=3, batch_norm=True, pooling="max", dropout=0.1),
            DenseBlock(units=4, batch_norm=True),
        ),
        dropout=0.2,
        enlarge_to=12,
    )
    model = build_model(config, (8, 8, 1), 3)
    assert [row.name for row in layer_table(config, (8, 8, 1), 3)] == [layer.name for layer in model.layers]


def test_multiply_adds_by_hand():
    config = ModelConfig(
        blocks=(
            ConvBlock(filters=4, kernel=3, stride=2),
            ResidualBlock(filters=8, kernel=3, stride=2),
            DenseBlock(units=5),
        ),
        features="global-average",
    )
    counted = {row.name: row.multiply_adds for row in layer_table(config, (9, 9, 2), 3) if row.multiply_adds}
    assert counted == {
        "block1_conv": 4 * 4 * 3 * 3 * 2 * 4,
        "block2_conv1": 2 * 2 * 3 * 3 * 4 * 8,
        "block2_conv2": 2 * 2 * 3 * 3 * 8 * 8,
        "block2_shortcut": 2 * 2 * 4 * 8,
        "block3_dense": 8 * 5,
        "logits": 5 * 3,
    }


def test_the_tutorials_network_has_as_many_parameters_as_the_tutorials_say():
    blocks = (ConvBlock(filters=32, pooling="max"), ConvBlock(filters=64, pooling="max"), ConvBlock(filters=128))
    size = network_size(ModelConfig(blocks=(*blocks, DenseBlock(units=128))), (28, 28, 1), 10)
    assert (size.parameters, size.trainable_parameters) == (241_546, 241_546)


def test_a_network_that_leaves_nothing_has_no_table_and_the_block_is_named():
    config = ModelConfig(blocks=(ResidualBlock(filters=2), ConvBlock(filters=2, kernel=9)))
    for refuses in (layer_table, network_size):
        with pytest.raises(ShapeError) as caught:
            refuses(config, (8, 8, 1), 10)
        assert caught.value.block == 2


def test_the_memory_is_weights_gradients_optimizer_and_feature_maps_by_hand():
    size = NetworkSize(parameters=100, trainable_parameters=90, multiply_adds=0, activation_values=7)
    assert size.memory_bytes(10, "sgd") == 4 * (100 + 90 + 90 + 2 * 10 * 7)
    assert size.memory_bytes(10, "adam") == 4 * (100 + 90 + 2 * 90 + 2 * 10 * 7)
    assert size.memory_bytes(10, "adam", is_averaged=True) - size.memory_bytes(10, "adam") == 4 * 90


def test_the_values_of_an_image_are_those_that_layers_compute():
    config = ModelConfig(blocks=(ConvBlock(filters=2, pooling="max"),))
    # Scaled 6·6, convolved 4·4·2, pooled 2·2·2, logits 3; the image and its flattened maps are no new values.
    assert network_size(config, (6, 6, 1), 3).activation_values == 36 + 32 + 8 + 3


@pytest.mark.parametrize(
    ("block", "line"),
    [
        (
            ConvBlock(filters=32, padding="same", batch_norm=True, pooling="max"),
            "32 × 3×3, same, batch norm, ReLU, max pooling",
        ),
        (
            ConvBlock(filters=8, kernel=5, stride=2, activation="leaky_relu", pooling="average", dropout=0.25),
            "8 × 5×5, valid, stride 2, leaky ReLU, average pooling, dropout 25%",
        ),
        (ResidualBlock(filters=64, stride=2), "residual 64 × 3×3, stride 2, batch norm, ReLU"),
        (DenseBlock(units=128, activation="tanh", dropout=0.125), "128 units, tanh, dropout 12.5%"),
    ],
)
def test_a_block_is_described_in_one_line(block, line):
    assert describe(block) == line
