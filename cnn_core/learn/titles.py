"""What the stations of a network are called for people."""

from __future__ import annotations

from cnn_core.learn.operations import Activate, Convolve, Kind, Operation, Pool, Shape

_PLAIN: dict[Kind, str] = {
    "shuffle": "Pixels shuffled",
    "scale": "Scaled numbers",
    "pad": "Border of zeros",
    "normalisation": "Batch normalisation",
    "average": "Mean of each map",
    "add": "Sum with the shortcut",
    "dropout": "Dropout (in training only)",
}


class Titles:
    """Gives titles in the order of the stations: convolutions and dense layers are counted."""

    def __init__(self) -> None:
        self._convolutions = 0
        self._dense = 0

    def title(self, operation: Operation, layer: str, shape: Shape, *, is_last: bool) -> str:
        """The title of the next station.

        Args:
            operation: What it does.
            layer: Keras's name of its layer.
            shape: Of its output, without the batch.
            is_last: Whether its output is the network's answer.
        """
        match operation:
            case Convolve():
                return self._convolution(operation, layer, shape)
            case Pool():
                what = "Max pooling" if operation.is_max else "Average pooling"
                return f"{what}, {_by(operation.window.size)}"
            case Activate():
                return operation.curve.title
        if operation.kind == "dense":
            return self._dense_title(shape, is_last=is_last)
        return _PLAIN.get(operation.kind) or _by_shape(operation.kind, layer, shape)

    def _convolution(self, operation: Convolve, layer: str, shape: Shape) -> str:
        size = _by(operation.window.size)
        if layer.endswith("_shortcut"):
            return f"Shortcut, {size}, {_counted(shape[-1], 'filter')}"
        self._convolutions += 1
        what = "Depthwise convolution" if operation.kind == "depthwise" else "Convolution"
        return f"{what} {self._convolutions}, {size}, {_counted(shape[-1], 'filter')}"

    def _dense_title(self, shape: Shape, *, is_last: bool) -> str:
        if is_last:
            return f"Logits, {_counted(shape[-1], 'class', 'classes')}"
        self._dense += 1
        return f"Dense {self._dense}, {_counted(shape[-1], 'unit')}"


def _by_shape(kind: Kind, layer: str, shape: Shape) -> str:
    match kind:
        case "image":
            return f"Picture, {_by(shape)}"
        case "enlarge":
            return f"Resized to {_by(shape)}"
        case "join":
            return f"Joined, {_counted(shape[-1], 'channel')}"
        case "flatten":
            return f"Flattened, {_counted(shape[-1], 'number')}"
    return layer


def _by(size: Shape) -> str:
    return f"{size[0]}×{size[1]}" if len(size) > 1 else f"{size[0]}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
