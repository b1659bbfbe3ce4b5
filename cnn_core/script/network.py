"""The network of a run as explicit Keras layers: what ``models/build.py`` builds, written out."""

from __future__ import annotations

from cnn_core.config import Block, ConvBlock, DenseBlock, ModelConfig, ResidualBlock
from cnn_core.models.shapes import feature_map_sizes, input_size
from cnn_core.script.code import call, indented, literal

_SHUFFLE = """\
@keras.saving.register_keras_serializable(package="cnn_lab")
class ShufflePixels(layers.Layer):
    \"""All images have their pixels rearranged in the same way.\"""

    def call(self, images):
        height, width, channels = images.shape[1:]
        order = np.random.RandomState(0).permutation(height * width)
        rows = keras.ops.take(keras.ops.reshape(images, (-1, height * width, channels)), order, axis=1)
        return keras.ops.reshape(rows, (-1, height, width, channels))

    def compute_output_spec(self, images):
        return keras.KerasTensor(images.shape, dtype=images.dtype)


"""
_POOLINGS = {"max": "MaxPooling2D", "average": "AveragePooling2D"}


def network_code(config: ModelConfig, input_shape: tuple[int, int, int], class_count: int) -> list[str]:
    """The function ``build_model`` of a run that starts from random weights.

    Args:
        config: The network.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes.

    Raises:
        ShapeError: A block leaves nothing of an image of this size.
    """
    height, width, channels = input_shape
    size = input_size(config, height, width)
    lines = _Lines((*size, channels))
    if config.shuffle_pixels:
        lines.lines.append('x = ShufflePixels(name="shuffle")(inputs)')
    lines.layer("Rescaling", "1 / 255", name="scale", of="x" if config.shuffle_pixels else "inputs")
    if size != (height, width):
        lines.layer("Resizing", str(size[0]), str(size[1]), name="enlarge")
    sizes = feature_map_sizes(config, height, width)
    for number, block in enumerate(config.blocks, start=1):
        if number == len(sizes) + 1:
            lines.vector(config)
        lines.block(block, number)
        if not isinstance(block, DenseBlock):
            lines.shape = (*sizes[number - 1], block.filters)
    if len(sizes) == len(config.blocks):
        lines.vector(config)
    return [
        *(_SHUFFLE.splitlines() if config.shuffle_pixels else []),
        "def build_model():",
        f'    """From uint8 images (N, {", ".join(map(str, input_shape))}) to logits (N, {class_count})."""',
        f'    inputs = keras.Input({literal(input_shape)}, dtype="uint8", name="image")',
        *indented(lines.lines),
        *indented(head_code(config)),
        '    return keras.Model(inputs, outputs, name="cnn_lab")',
    ]


def dense_code(config: ModelConfig) -> list[str]:
    """The dense blocks of a network, on features in ``x``."""
    lines = _Lines()
    for number, block in enumerate(config.blocks, start=1):
        if isinstance(block, DenseBlock):
            lines.block(block, number)
    return lines.lines


def head_code(config: ModelConfig) -> list[str]:
    """From the features to the logits."""
    lines = _Lines()
    if config.dropout:
        lines.layer("Dropout", str(config.dropout), name="dropout")
    return [*lines.lines, 'outputs = layers.Dense(CLASSES, name="logits")(x)']


class _Lines:
    """Lines of layers, each taking ``x`` and giving ``x``."""

    def __init__(self, shape: tuple[int, int, int] = (0, 0, 0)) -> None:
        self.lines: list[str] = []
        # Of what the next block sees: (height, width, channels).
        self.shape = shape

    def layer(self, layer: str, *arguments: str, name: str, of: str = "x", to: str = "x", **named: str) -> None:
        more = {**named, "name": literal(name)}
        call_lines = call(f"layers.{layer}", *arguments, named=more, depth=1, before=f"{to} = ", after=f"({of})")
        self.lines += [line.removeprefix("    ") for line in call_lines]

    def vector(self, config: ModelConfig) -> None:
        if config.features == "global-average":
            self.layer("GlobalAveragePooling2D", name="average")
        else:
            self.layer("Flatten", name="flatten")

    def block(self, block: Block, number: int) -> None:
        name = f"block{number}"
        if isinstance(block, DenseBlock):
            self._learned("Dense", str(block.units), block=block, name=f"{name}_dense")
            self._normalise(block, name)
        elif isinstance(block, ResidualBlock):
            self._residual(block, name)
            self._pool(block, name)
        else:
            padding = {} if block.padding == "valid" else {"padding": literal(block.padding)}
            window = [str(block.filters), str(block.kernel)]
            self._learned("Conv2D", *window, block=block, name=f"{name}_conv", **_strides(block.stride), **padding)
            if block.pool_first:
                self._pool(block, name)
            self._normalise(block, name)
            if not block.pool_first:
                self._pool(block, name)
        if block.dropout:
            self.layer("Dropout", str(block.dropout), name=f"{name}_dropout")

    def _learned(self, layer: str, *arguments: str, block: ConvBlock | DenseBlock, name: str, **named: str) -> None:
        more = {}
        if block.batch_norm:
            more["use_bias"] = "False"
        if not block.activates_apart:
            more["activation"] = literal(block.activation)
        self.layer(layer, *arguments, **named, **more, name=name)

    def _normalise(self, block: ConvBlock | DenseBlock, name: str) -> None:
        if block.batch_norm:
            self._norm(f"{name}_norm")
        if block.activates_apart:
            self.layer("Activation", literal(block.activation), name=f"{name}_{block.activation}")

    def _norm(self, name: str, of: str = "x", to: str = "x") -> None:
        self.layer("BatchNormalization", momentum="0.9", name=name, of=of, to=to)

    def _pool(self, block: ConvBlock | ResidualBlock, name: str) -> None:
        if block.pooling != "none":
            self.layer(_POOLINGS[block.pooling], "2", name=f"{name}_pool")

    def _residual(self, block: ResidualBlock, name: str) -> None:
        window, activation = [str(block.filters), str(block.kernel)], literal(block.activation)
        strides, same = _strides(block.stride), {"padding": '"same"'}
        bias = {"use_bias": "False"} if block.batch_norm else {}
        self.lines.append("shortcut = x")
        self.layer("Conv2D", *window, **strides, **same, **bias, name=f"{name}_conv1")
        if block.batch_norm:
            self._norm(f"{name}_norm1")
        self.layer("Activation", activation, name=f"{name}_{block.activation}1")
        self.layer("Conv2D", *window, **same, **bias, name=f"{name}_conv2")
        if block.batch_norm:
            self._norm(f"{name}_norm2")
        height, width, channels = self.shape
        if (-(-height // block.stride), -(-width // block.stride), block.filters) != (height, width, channels):
            on_shortcut = {"of": "shortcut", "to": "shortcut"}
            self.layer("Conv2D", window[0], "1", **strides, **same, **bias, name=f"{name}_shortcut", **on_shortcut)
            if block.batch_norm:
                self._norm(f"{name}_shortcut_norm", **on_shortcut)
        self.layer("Add", name=f"{name}_add", of="[x, shortcut]")
        self.layer("Activation", activation, name=f"{name}_{block.activation}")


def _strides(stride: int) -> dict[str, str]:
    return {} if stride == 1 else {"strides": str(stride)}
