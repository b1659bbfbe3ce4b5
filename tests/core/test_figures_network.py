"""The picture of a network: what is drawn of each block, what is said, and that deep networks stay drawable."""

import re

import pytest

from cnn_core.config import ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.figures.colours import POOLED, RATE, SHORTCUT, TRAINING, faded
from cnn_core.figures.network import MOST_CAPTIONS, network_figure
from cnn_core.figures.network_columns import columns_of
from cnn_core.models.presets import PRESETS
from cnn_core.models.shapes import ShapeError
from cnn_core.models.summary import network_size

SHAPE = (28, 28, 1)
MIXED = ModelConfig(
    blocks=(
        ConvBlock(filters=16, stride=2, padding="same", batch_norm=True, pooling="average", dropout=0.25),
        ResidualBlock(filters=32, stride=2, activation="gelu"),
        DenseBlock(units=2048, dropout=0.5),
    ),
    dropout=0.4,
)


def deep(count):
    return ModelConfig(blocks=tuple(ResidualBlock(filters=8) for _ in range(count)))


def captions(figure):
    return [
        annotation.text.replace("<b>", "").replace("</b>", "").split("<br>") for annotation in figure.layout.annotations
    ]


def areas(figure, colour):
    """How many closed areas have this colour, whatever their opacity."""
    solid = faded(colour, 1).rsplit(",", 1)[0]
    return sum(shape.path.count("Z") for shape in figure.layout.shapes if shape.fillcolor.startswith(solid))


def markers(figure, symbol):
    return [
        (x, y) for trace in figure.data if trace.marker.symbol == symbol for x, y in zip(trace.x, trace.y, strict=True)
    ]


def test_every_column_says_what_it_is_from_the_image_to_the_classes():
    assert captions(network_figure(MIXED, SHAPE, 10)) == [
        ["Image", "28×28×1"],
        ["1 · Conv 3×3", "stride 2", "14×14×16", "norm, ReLU", "avg. pool 7×7", "dropout 25%"],
        ["2 · Residual 3×3", "stride 2", "4×4×32", "norm, GELU"],
        ["Flatten", "512"],
        ["3 · Dense", "2,048", "ReLU", "dropout 50%"],
        ["Output", "10 classes", "dropout 40%"],
    ]


def test_an_enlarged_image_is_told_and_drawn_twice():
    figure = network_figure(MIXED.model_copy(update={"enlarge_to": 32}), (8, 8, 1), 10)
    assert captions(figure)[0] == ["Image", "8×8×1", "enlarged 32×32"]
    assert len(columns_of(MIXED.model_copy(update={"enlarge_to": 32}), (8, 8, 1), 10)[0].solids) == 2


def test_averaged_maps_are_as_many_values_as_maps():
    assert ["Average", "32"] in captions(
        network_figure(MIXED.model_copy(update={"features": "global-average"}), SHAPE, 10)
    )


def test_maps_have_three_visible_faces_pooled_ones_in_their_colour_and_dense_layers_one():
    figure = network_figure(MIXED, SHAPE, 10)
    # A convolution, the two of a residual block; one pooling; one dense layer.
    assert (areas(figure, TRAINING), areas(figure, POOLED), areas(figure, RATE)) == (3 * 3, 3, 1)


def test_each_residual_block_has_an_arc_to_its_addition():
    figure = network_figure(deep(3), SHAPE, 10)
    (arcs,) = [shape for shape in figure.layout.shapes if shape.line.color == SHORTCUT]
    assert arcs.path.count("M") == 3
    assert len(markers(figure, "circle-cross-open")) == 3
    assert not [
        shape for shape in network_figure(PRESETS[0].model, SHAPE, 10).layout.shapes if shape.line.color == SHORTCUT
    ]


def test_larger_maps_are_higher_and_more_maps_are_wider():
    image, conv, residual, *_ = columns_of(MIXED, SHAPE, 10)
    heights = [solid.height for column in (image, conv, residual) for solid in column.solids]
    assert heights == sorted(heights, reverse=True)
    assert residual.solids[0].width > conv.solids[0].width > image.solids[0].width


def test_a_map_that_is_higher_than_wide_is_drawn_so():
    (box,) = columns_of(ModelConfig(blocks=()), (30, 10, 1), 2)[0].solids
    assert box.height > box.depth


@pytest.mark.parametrize(("class_count", "dots", "left_out"), [(2, 2, 0), (10, 10, 0), (11, 8, 2), (1000, 8, 2)])
def test_a_class_is_a_dot_and_very_many_classes_are_a_few(class_count, dots, left_out):
    figure = network_figure(MIXED, SHAPE, class_count)
    sizes = [trace.marker.size for trace in figure.data if trace.marker.symbol == "circle" for _ in trace.x]
    assert (sizes.count(8), sizes.count(3)) == (dots, left_out)


def test_the_text_under_the_pointer_tells_settings_shape_parameters_and_multiply_adds():
    texts = network_figure(MIXED, SHAPE, 10).data[-1].text
    assert (
        "<b>Block 1: 16 × 3×3, same, stride 2, batch norm, ReLU, average pooling, dropout 25%</b><br>output 7×7×16<br>"
        "208 parameters<br>28,224 multiply-adds an image"
    ) in texts
    parameters = {
        text.split("<br>")[0]: int(re.search(r"([\d,]+) parameters", text)[1].replace(",", "")) for text in texts
    }
    assert sum(parameters.values()) == network_size(MIXED, SHAPE, 10).parameters


def test_nothing_of_the_drawing_lies_outside_of_the_figure():
    for model in (MIXED, deep(20), *(preset.model for preset in PRESETS)):
        layout = network_figure(model, SHAPE, 10).layout
        points = [
            (float(x), float(y)) for shape in layout.shapes for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.path)
        ]
        assert layout.xaxis.range[0] <= min(x for x, _ in points) <= max(x for x, _ in points) <= layout.xaxis.range[1]
        assert layout.yaxis.range[0] < min(y for _, y in points) < max(y for _, y in points) < layout.yaxis.range[1]


def test_a_pixel_up_is_a_unit_so_that_heights_compare():
    for model in (MIXED, deep(20)):
        layout = network_figure(model, SHAPE, 10).layout
        assert layout.yaxis.range[1] - layout.yaxis.range[0] == layout.height <= 260


def test_a_deep_network_has_numbers_in_place_of_captions_and_few_shapes():
    figure = network_figure(deep(20), SHAPE, 10)
    assert [caption[0] for caption in captions(figure)] == ["", *map(str, range(1, 21)), "", ""]
    assert len(figure.layout.shapes) <= 12
    assert len(figure.to_json()) < 40_000
    assert len(captions(network_figure(deep(MOST_CAPTIONS - 3), SHAPE, 10))[1]) > 1


def test_the_longest_network_can_be_drawn():
    assert len(network_figure(deep(64), SHAPE, 10).layout.annotations) == 67


def test_the_colours_of_text_are_left_to_the_page_and_there_are_no_axes():
    layout = network_figure(MIXED, SHAPE, 10).layout
    assert layout.font.color is None
    assert {annotation.font.color for annotation in layout.annotations} == {None}
    for axis in (layout.xaxis, layout.yaxis):
        assert (axis.visible, axis.fixedrange) == (False, True)


def test_a_network_that_leaves_nothing_of_the_image_has_no_picture():
    with pytest.raises(ShapeError, match="Block 1 leaves nothing"):
        network_figure(MIXED, (2, 2, 1), 10)
