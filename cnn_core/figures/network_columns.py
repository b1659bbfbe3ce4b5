"""What a picture of a network is made of: a column for the image, each block, the vector between them, the classes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnn_core.config import Block, ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.figures.colours import MARK, POOLED, RATE, TRAINING
from cnn_core.figures.network_drawing import Bar, Box, Point, Solid
from cnn_core.models.summary import ACTIVATION_TITLES, LayerRow, describe, layer_table

# Pixels: between the solids of a column, and beside the addition of a residual block.
TIGHT, FORK = 10.0, 13.0
# Pixels: the largest map and the smallest.
_HIGHEST, _LOWEST = 112.0, 7.0
_POOLINGS = {"max": "max pool", "average": "avg. pool"}
_OF_THE_IMAGE = ("image", "shuffle", "enlarge")
_VECTORS = {
    "flatten": ("Flatten", "all values of the feature maps"),
    "average": ("Average", "the mean of each feature map"),
}


@dataclass
class Column:
    """A block, or an end of the network: what is drawn of it, and what is said.

    Attributes:
        title: First line of its caption.
        number: What stands below it where there is no room for captions.
        hover: Text under the pointer, as HTML.
        lines: The other lines of its caption.
        solids: From left to right. A residual block has its addition between the first two.
        window: Width and height of the kernel, as shares of the maps that come in.
        is_residual: Whether a shortcut leads around it.
        classes: Number of classes that it ends in; 0 before the output.
    """

    title: str
    number: str
    hover: str
    lines: list[str]
    solids: list[Solid]
    window: Point | None = None
    is_residual: bool = False
    classes: int = 0

    @property
    def across(self) -> float:
        """Room it takes from left to right."""
        gaps = TIGHT * (len(self.solids) - 1) + (3 * FORK - TIGHT if self.is_residual else 0)
        return sum(solid.across for solid in self.solids) + gaps


@dataclass(frozen=True)
class _Scale:
    """Pixels of maps whose largest side is given."""

    largest: int

    def box(self, shape: tuple[int, ...], colour: str) -> Box:
        height, width, channels = shape
        return Box(self._side(height), self._side(width), 2 + 2.1 * math.sqrt(channels), colour)

    def _side(self, side: int) -> float:
        # Roots, so that the last maps of a network can be seen beside its image.
        return max(_LOWEST, _HIGHEST * math.sqrt(side / self.largest))


def columns_of(model: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> list[Column]:
    """The columns, from left to right.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    rows = layer_table(model, input_shape, class_count)
    scale = _Scale(max(max(row.output_shape[:2]) for row in rows if len(row.output_shape) == 3))
    columns = [_image([row for row in rows if row.name in _OF_THE_IMAGE], scale)]
    for number, block in enumerate([*model.blocks, None], start=1):
        own = [row for row in rows if row.block == number]
        if own[0].name in _VECTORS:
            columns.append(_vector(own.pop(0)))
        if block is None:
            columns.append(_output(own, model.dropout))
        elif isinstance(block, DenseBlock):
            columns.append(_dense(number, block, own))
        else:
            columns.append(_maps(number, block, own, rows[rows.index(own[0]) - 1].output_shape, scale))
    return columns


def _image(rows: list[LayerRow], scale: _Scale) -> Column:
    changes = {"shuffle": "pixels shuffled", "enlarge": f"enlarged {_sides(rows[-1])}"}
    changed = [changes[row.name] for row in rows[1:]]
    solids: list[Solid] = [scale.box(row.output_shape, MARK) for row in rows]
    return Column("Image", "", _hover("Image", rows), [_shape(rows[0]), *changed], solids)


def _vector(row: LayerRow) -> Column:
    title, what = _VECTORS[row.name]
    bar = Bar(_bar_height(row.output_shape[0]), 6, MARK)
    return Column(title, "", _hover(f"{title}: {what}", [row]), [_shape(row)], [bar])


def _dense(number: int, block: DenseBlock, rows: list[LayerRow]) -> Column:
    lines = [f"{block.units:,}", _then(block), *_dropout(block.dropout)]
    bar = Bar(_bar_height(block.units), 10, RATE)
    return Column(f"{number} · Dense", str(number), _hover(f"Block {number}: {describe(block)}", rows), lines, [bar])


def _output(rows: list[LayerRow], dropout: float) -> Column:
    classes = rows[-1].output_shape[0]
    lines = [f"{classes:,} classes", *_dropout(dropout)]
    return Column("Output", "", _hover("Output: a logit for each class", rows), lines, [], classes=classes)


def _maps(number: int, block: Block, rows: list[LayerRow], before: tuple[int, ...], scale: _Scale) -> Column:
    assert not isinstance(block, DenseBlock)
    is_residual = isinstance(block, ResidualBlock)
    convolutions = [row for row in rows if row.type == "Conv2D" and not row.name.endswith("_shortcut")]
    pools = [row for row in rows if row.name.endswith("_pool")]
    then = [_then(block), *(f"{_POOLINGS[block.pooling]} {_sides(row)}" for row in pools)]
    lines = [
        *([f"stride {block.stride}"] if block.stride > 1 else []),
        _shape(convolutions[-1]),
        *(reversed(then) if isinstance(block, ConvBlock) and block.pool_first else then),
        *_dropout(block.dropout),
    ]
    return Column(
        f"{number} · {'Residual' if is_residual else 'Conv'} {block.kernel}×{block.kernel}",
        str(number),
        _hover(f"Block {number}: {describe(block)}", rows),
        lines,
        [
            *(scale.box(row.output_shape, TRAINING) for row in convolutions),
            *(scale.box(row.output_shape, POOLED) for row in pools),
        ],
        window=(min(1.0, block.kernel / before[1]), min(1.0, block.kernel / before[0])),
        is_residual=is_residual,
    )


def _bar_height(values: int) -> float:
    return min(_HIGHEST, 12 + 9 * math.log2(values))


def _then(block: Block) -> str:
    return ("norm, " if block.batch_norm else "") + ACTIVATION_TITLES[block.activation]


def _dropout(share: float) -> list[str]:
    return [f"dropout {100 * share:.3g}%"] if share else []


def _sides(row: LayerRow) -> str:
    return f"{row.output_shape[0]}×{row.output_shape[1]}"


def _shape(row: LayerRow) -> str:
    return "×".join(f"{size:,}" for size in row.output_shape)


def _hover(title: str, rows: list[LayerRow]) -> str:
    parameters, multiply_adds = sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)
    return (
        f"<b>{title}</b><br>output {_shape(rows[-1])}<br>{parameters:,} parameters<br>"
        f"{multiply_adds:,} multiply-adds an image"
    )
