"""A network in a table, without Keras: its layers, their shapes, parameters and multiply-adds, and its memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from cnn_core.config import Activation, Block, ConvBlock, DenseBlock, ModelConfig, OptimizerName, ResidualBlock
from cnn_core.models.shapes import convolved_side, feature_map_sizes, input_size

Shape = tuple[int, ...]

# float32 for weights, gradients, the optimizer's values and feature maps.
_BYTES = 4
# Values that an optimizer keeps beside each weight. Muon keeps one beside those of kernels, two beside others.
_OPTIMIZER_VALUES: dict[OptimizerName, int] = {"sgd": 1, "rmsprop": 1, "adam": 2, "adamw": 2, "muon": 2}
# Keras's names of the layers that only look at their input another way.
_VIEWS = ("InputLayer", "Flatten")

ACTIVATION_TITLES: dict[Activation, str] = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "gelu": "GELU",
    "elu": "ELU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}


@dataclass(frozen=True)
class LayerRow:
    """A layer of the network.

    Attributes:
        block: The block it belongs to, counted from 1; 0 before the first. What makes one vector of the feature maps
            counts as part of the first dense block. ``len(blocks) + 1`` after the last.
        name: Its name in the Keras model.
        type: Keras's name of its type, such as "Conv2D".
        output_shape: Without the batch: (height, width, channels), or (values,).
        parameters: Learned by gradients or, as the running averages of batch normalisation, followed.
        trainable_parameters: Those learned by gradients.
        multiply_adds: Multiplications, each with its addition, an image and forward pass: of convolutions (the
            zeros of their padding included, the shortcut's 1×1 too) and of dense layers. All other layers cost
            little beside them and count 0: offsets, normalisation, activation, pooling, addition, resizing.
    """

    block: int
    name: str
    type: str
    output_shape: Shape
    parameters: int = 0
    trainable_parameters: int = 0
    multiply_adds: int = 0


@dataclass(frozen=True)
class NetworkSize:
    """What a network weighs.

    Attributes:
        parameters: All of them, as Keras counts.
        trainable_parameters: Those learned by gradients.
        multiply_adds: An image, forward; as in :class:`LayerRow`.
        activation_values: Numbers that the layers compute for an image.
    """

    parameters: int
    trainable_parameters: int
    multiply_adds: int
    activation_values: int

    def memory_bytes(self, batch_size: int, optimizer: OptimizerName, *, is_averaged: bool = False) -> int:
        """An estimate of what a training step holds in memory.

        Counted, 4 bytes each: all parameters; a gradient and the optimizer's values (SGD and RMSprop 1, the Adams and
        Muon 2) for each trainable one, and its moving average where asked; for each image of the batch the output of
        every layer, once for its value and once for its gradient. Not counted: Python, the libraries and their
        scratch space, and the dataset. So it compares networks and batch sizes; what a process occupies is more.

        Args:
            batch_size: Images a step.
            optimizer: Name of the optimizer.
            is_averaged: Whether a moving average of the weights is kept beside them.
        """
        beside = 1 + _OPTIMIZER_VALUES[optimizer] + is_averaged
        weights = self.parameters + beside * self.trainable_parameters
        return _BYTES * (weights + 2 * batch_size * self.activation_values)


def layer_table(model: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> list[LayerRow]:
    """The layers that :func:`cnn_core.models.build.build_model` makes, from the image to the logits.

    A shortcut's layers stand behind those that it bridges.

    Args:
        model: The network.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    height, width, channels = input_shape
    feature_map_sizes(model, height, width)
    table = _Table(input_shape)
    table.keep("InputLayer", "image")
    if model.shuffle_pixels:
        table.keep("ShufflePixels", "shuffle")
    table.keep("Rescaling", "scale")
    if input_size(model, height, width) != (height, width):
        table.reshape("Resizing", "enlarge", (*input_size(model, height, width), channels))
    for number, block in enumerate(model.blocks, start=1):
        table.block = number
        if isinstance(block, DenseBlock):
            table.vector(model)
            table.dense(f"block{number}_dense", block.units, has_bias=not block.batch_norm)
            table.normalise(block)
            table.dropout(block.dropout, f"block{number}_dropout")
        elif isinstance(block, ResidualBlock):
            table.residual(block)
        else:
            table.convolution(
                f"block{number}_conv",
                (block.filters, block.kernel, block.stride),
                padding=block.padding,
                has_bias=not block.batch_norm,
            )
            table.pool_and_normalise(block)
    table.block = len(model.blocks) + 1
    table.vector(model)
    table.dropout(model.dropout, "dropout")
    table.dense("logits", class_count, has_bias=True)
    return table.rows


def network_size(model: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> NetworkSize:
    """The sums over :func:`layer_table`.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    rows = layer_table(model, input_shape, class_count)
    return NetworkSize(
        parameters=sum(row.parameters for row in rows),
        trainable_parameters=sum(row.trainable_parameters for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        activation_values=sum(math.prod(row.output_shape) for row in rows if row.type not in _VIEWS),
    )


def describe(block: Block) -> str:
    """A block in one line, such as "32 × 3×3, same, batch norm, ReLU, max pooling"."""
    if isinstance(block, DenseBlock):
        parts = [f"{block.units} units"]
    elif isinstance(block, ResidualBlock):
        parts = [f"residual {block.filters} × {block.kernel}×{block.kernel}"]
    else:
        parts = [f"{block.filters} × {block.kernel}×{block.kernel}", block.padding]
    if not isinstance(block, DenseBlock) and block.stride > 1:
        parts.append(f"stride {block.stride}")
    normalised = [*(["batch norm"] if block.batch_norm else []), ACTIVATION_TITLES[block.activation]]
    pooled = [] if isinstance(block, DenseBlock) or block.pooling == "none" else [f"{block.pooling} pooling"]
    parts += [*pooled, *normalised] if isinstance(block, ConvBlock) and block.pool_first else [*normalised, *pooled]
    if block.dropout:
        parts.append(f"dropout {100 * block.dropout:.3g}%")
    return ", ".join(parts)


@dataclass
class _Table:
    """The rows so far, the shape that the last one gives, and the block that the next one belongs to."""

    shape: Shape
    block: int = 0
    rows: list[LayerRow] = field(default_factory=list)

    def keep(self, kind: str, name: str) -> None:
        self.rows.append(LayerRow(self.block, name, kind, self.shape))

    def reshape(self, kind: str, name: str, shape: Shape) -> None:
        self.shape = shape
        self.keep(kind, name)

    def convolution(
        self, name: str, window: tuple[int, int, int], *, has_bias: bool, padding: str = "same", source: Shape = ()
    ) -> None:
        """A convolution by ``window`` (filters, kernel, stride) of ``source``, or else of what the last row gave."""
        height, width, channels = source or self.shape
        filters, kernel, stride = window
        sides = [convolved_side(side, kernel=kernel, stride=stride, padding=padding) for side in (height, width)]
        weights = kernel * kernel * channels * filters
        self._learn("Conv2D", name, (*sides, filters), weights, has_bias=has_bias, uses=math.prod(sides))

    def dense(self, name: str, units: int, *, has_bias: bool) -> None:
        self._learn("Dense", name, (units,), self.shape[0] * units, has_bias=has_bias, uses=1)

    def _learn(self, kind: str, name: str, shape: Shape, weights: int, *, has_bias: bool, uses: int) -> None:
        self.shape = shape
        parameters = weights + has_bias * shape[-1]
        self.rows.append(LayerRow(self.block, name, kind, shape, parameters, parameters, weights * uses))

    def norm(self, name: str) -> None:
        # Scale and offset are learned, mean and variance followed.
        channels = self.shape[-1]
        self.rows.append(LayerRow(self.block, name, "BatchNormalization", self.shape, 4 * channels, 2 * channels))

    def normalise(self, block: ConvBlock | DenseBlock) -> None:
        if block.batch_norm:
            self.norm(f"block{self.block}_norm")
        if block.activates_apart:
            self.keep("Activation", f"block{self.block}_{block.activation}")

    def residual(self, block: ResidualBlock) -> None:
        name, source = f"block{self.block}", self.shape
        for number, stride in ((1, block.stride), (2, 1)):
            self.convolution(
                f"{name}_conv{number}", (block.filters, block.kernel, stride), has_bias=not block.batch_norm
            )
            if block.batch_norm:
                self.norm(f"{name}_norm{number}")
            if number == 1:
                self.keep("Activation", f"{name}_{block.activation}1")
        if self.shape != source:
            window = (block.filters, 1, block.stride)
            self.convolution(f"{name}_shortcut", window, has_bias=not block.batch_norm, source=source)
            if block.batch_norm:
                self.norm(f"{name}_shortcut_norm")
        self.keep("Add", f"{name}_add")
        self.keep("Activation", f"{name}_{block.activation}")
        self.pool(block)
        self.dropout(block.dropout, f"{name}_dropout")

    def pool_and_normalise(self, block: ConvBlock) -> None:
        if block.pool_first:
            self.pool(block)
        self.normalise(block)
        if not block.pool_first:
            self.pool(block)
        self.dropout(block.dropout, f"block{self.block}_dropout")

    def pool(self, block: ConvBlock | ResidualBlock) -> None:
        if block.pooling != "none":
            height, width, channels = self.shape
            kind = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[block.pooling]
            self.reshape(kind, f"block{self.block}_pool", (height // 2, width // 2, channels))

    def dropout(self, share: float, name: str) -> None:
        if share:
            self.keep("Dropout", name)

    def vector(self, model: ModelConfig) -> None:
        if len(self.shape) == 1:
            return
        if model.features == "global-average":
            self.reshape("GlobalAveragePooling2D", "average", self.shape[-1:])
        else:
            self.reshape("Flatten", "flatten", (math.prod(self.shape),))
