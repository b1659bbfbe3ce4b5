"""The arithmetic of shapes: what Keras makes of every block, and the block that leaves nothing."""

import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.errors import ConfigError
from cnn_core.models.build import build_model
from cnn_core.models.shapes import ShapeError, collapses, feature_map_sizes


def network(blocks):
    """A network of these convolution blocks; those marked residual are residual blocks."""
    kinds = [(ResidualBlock if block.get("residual") else ConvBlock, block) for block in blocks]
    return ModelConfig(
        blocks=tuple(
            kind(filters=2, **{name: value for name, value in block.items() if name != "residual"})
            for kind, block in kinds
        )
    )


@pytest.mark.parametrize("size", [(28, 28), (8, 8), (32, 20), (9, 31)])
@pytest.mark.parametrize(
    "blocks",
    [
        [{}],
        [{"padding": "same", "pooling": "max"}],
        [{"kernel": 5, "pooling": "average"}],
        [{"kernel": 2, "stride": 2}, {"kernel": 1, "pooling": "max"}],
        [{"stride": 3, "padding": "same"}, {"kernel": 3, "padding": "same", "pooling": "max"}],
        [{"kernel": 4, "stride": 3}],
        [{"residual": True, "stride": 2}, {"residual": True, "pooling": "average"}],
        [{"kernel": 5}, {"residual": True, "stride": 3, "kernel": 4, "pooling": "max"}],
    ],
)
def test_the_computed_feature_maps_have_the_sizes_that_keras_gives_them(size, blocks):
    config = network(blocks)
    model = build_model(config, (*size, 1), 2)
    last_of_block = {layer.name.split("_")[0]: layer.output.shape[1:3] for layer in model.layers}
    expected = [last_of_block[f"block{number}"] for number in range(1, len(blocks) + 1)]
    assert feature_map_sizes(config, *size) == expected


@pytest.mark.parametrize(
    ("blocks", "number", "incoming"),
    [
        ([{}, {}, {}, {"kernel": 3}], 4, "2×2"),
        ([{"padding": "same", "pooling": "max"}] * 4, 4, "1×1"),
        ([{"kernel": 9}], 1, "8×8"),
        ([{"residual": True, "stride": 4}] * 2 + [{"residual": True, "pooling": "max"}], 3, "1×1"),
    ],
)
def test_a_network_that_leaves_nothing_of_the_image_is_refused_and_its_block_named(blocks, number, incoming):
    config = network(blocks)
    assert collapses(config, 8, 8)
    for refuses in (lambda: feature_map_sizes(config, 8, 8), lambda: build_model(config, (8, 8, 1), 10)):
        with pytest.raises(
            ShapeError, match=rf"Block {number} leaves nothing of the image: {incoming} pixels"
        ) as caught:
            refuses()
        assert caught.value.block == number
        assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize(
    ("blocks", "enlarge_to", "named", "unnamed"),
    [
        ([{"kernel": 9}], None, ["padding", "(enlarge_to)"], ["pooling. ", "stride"]),
        ([{"padding": "same", "pooling": "max"}] * 4, None, ["pooling", "(enlarge_to)"], ["padding", "stride"]),
        ([{"stride": 4, "padding": "same"}] * 2 + [{"kernel": 2}], None, ["smaller stride", "padding"], ["pooling"]),
        ([{"residual": True, "pooling": "max"}] * 5, 16, ["pooling", "further"], ["padding", "stride", "(enlarge_to)"]),
    ],
)
def test_the_advice_names_only_what_there_is_to_change(blocks, enlarge_to, named, unnamed):
    config = network(blocks).model_copy(update={"enlarge_to": enlarge_to})
    with pytest.raises(ShapeError) as caught:
        feature_map_sizes(config, 8, 8)
    advice = str(caught.value).split(". ", 1)[1]
    assert all(word in advice for word in named), advice
    assert not [word for word in unnamed if word in advice], advice


def test_the_pooling_of_a_residual_block_is_named():
    with pytest.raises(ShapeError, match="too few for its residual convolutions and their pooling"):
        feature_map_sizes(network([{"residual": True, "stride": 4, "pooling": "max"}]), 4, 4)


def test_images_are_enlarged_only_where_they_are_smaller():
    config = ModelConfig(blocks=(ResidualBlock(filters=2, pooling="max"),), enlarge_to=16)
    assert feature_map_sizes(config, 8, 30) == [(8, 8)]
    assert feature_map_sizes(config, 16, 30) == [(8, 15)]


def test_dense_blocks_have_no_feature_maps():
    config = ModelConfig(blocks=(ConvBlock(filters=2), DenseBlock(units=3)))
    assert feature_map_sizes(config, 8, 8) == [(6, 6)]
