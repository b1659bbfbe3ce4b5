"""Learned features in a script: from where they are taken, and which layers rest while the others learn."""

from __future__ import annotations

from cnn_core.config import ImageNetTransfer, ModelConfig, RunConfig, RunTransfer
from cnn_core.models.transfer import GREY_WEIGHTS
from cnn_core.runs.store import find_run
from cnn_core.script.code import call, indented, literal
from cnn_core.script.network import dense_code, head_code, network_code

_APPLICATIONS = {"mobilenet-v2": "MobileNetV2", "resnet50-v2": "ResNet50V2"}

_FASTER_NORM = [
    "# The averages of batch normalisation follow faster than Keras's, for a run of a few hundred steps.",
    "for layer in application.layers:",
    "    if isinstance(layer, layers.BatchNormalization):",
    "        layer.momentum = 0.9",
]


def model_code(config: RunConfig, input_shape: tuple[int, int, int], class_count: int) -> list[str]:
    """The function ``build_model`` of a run, with the weights that it starts from.

    Raises:
        ShapeError: A block leaves nothing of an image of this size.
    """
    transfer = config.transfer
    if isinstance(transfer, ImageNetTransfer):
        return _application_code(config.model, transfer, input_shape, class_count)
    lines = network_code(config.model, input_shape, class_count)
    if transfer is None:
        return lines
    taken = literal(tuple(f"block{number}_" for number in range(1, transfer.blocks + 1)))
    return [
        *lines[:-1],
        lines[-1].replace("return ", "model = "),
        f"    # The first {transfer.blocks} blocks start from what run '{transfer.run}' has learned.",
        "    source = keras.saving.load_model(SOURCE, compile=False)",
        "    for layer in model.layers:",
        f"        if layer.weights and layer.name.startswith({taken}):",
        *_taking(transfer, input_shape[2]),
        "    return model",
    ]


def _taking(transfer: RunTransfer, channels: int) -> list[str]:
    """How a layer gets the weights of its namesake, whose images may have been grey where these are in colour."""
    given = find_run(transfer.run).record().data.input_shape[2]
    if given == channels:
        return ["            layer.set_weights(source.get_layer(layer.name).get_weights())"]
    spread = f"kernel * np.array({literal(GREY_WEIGHTS)}, kernel.dtype)[:, None]"
    other = spread if given == 1 else "kernel.sum(axis=2, keepdims=True)"
    was, now = ("grey", "colour") if given == 1 else ("colour", "grey")
    return [
        "            weights = source.get_layer(layer.name).get_weights()",
        "            kernel = weights[0]",
        f"            if kernel.ndim == 4 and kernel.shape[2] == {given} and layer.weights[0].shape[2] == {channels}:",
        f"                # Learned on {was} images; these are {now}.",
        f"                weights[0] = {other}",
        "            layer.set_weights(weights)",
    ]


def source_model(config: RunConfig) -> str | None:
    """Path of the network whose weights are taken; ``None`` where no run's are.

    Raises:
        RunError: The run is unknown or has no network.
    """
    if not isinstance(config.transfer, RunTransfer):
        return None
    return str(find_run(config.transfer.run).model_path().resolve())


def _application_code(
    model: ModelConfig, transfer: ImageNetTransfer, input_shape: tuple[int, int, int], class_count: int
) -> list[str]:
    height, width, channels = input_shape
    side, weights = transfer.side, literal("imagenet") if transfer.weights == "imagenet" else "None"
    lines = [
        f'inputs = keras.Input({literal(input_shape)}, dtype="uint8", name="image")',
        'x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inputs)',
    ]
    if (height, width) != (side, side):
        lines.append(f'x = layers.Resizing({side}, {side}, name="resize")(x)')
    if channels == 1:
        lines.append('x = layers.Concatenate(name="colour")([x, x, x])')
    lines += [
        *call(
            f"keras.applications.{_APPLICATIONS[transfer.network]}",
            # Keras chooses the file of weights by the shape that it is told, not by that of the tensor.
            named={
                "include_top": "False",
                "weights": weights,
                "input_shape": literal((side, side, 3)),
                "input_tensor": "x",
            },
            inside=1,
            before="application = ",
        ),
        *(_FASTER_NORM if transfer.weights == "random" else []),
        'x = layers.GlobalAveragePooling2D(name="average")(application.output)',
        *dense_code(model),
        *head_code(model),
        'return keras.Model(inputs, outputs, name="cnn_lab")',
    ]
    return [
        "def build_model():",
        f'    """From uint8 images (N, {", ".join(map(str, input_shape))}) to logits (N, {class_count})."""',
        *indented(lines),
    ]


def trainable_code(config: RunConfig) -> list[str]:
    """The function ``set_trainable``; empty where everything learns all the time."""
    transfer = config.transfer
    if isinstance(transfer, RunTransfer):
        return [
            "def set_trainable(model, is_head_only):",
            '    """Let the first blocks rest: all that were taken, or only those that never learn."""',
            f"    resting_blocks = {transfer.blocks} if is_head_only else {transfer.frozen_blocks}",
            '    resting = tuple(f"block{number}_" for number in range(1, resting_blocks + 1))',
            "    for layer in model.layers:",
            "        layer.trainable = not layer.name.startswith(resting)",
        ]
    if isinstance(transfer, ImageNetTransfer):
        is_norm_resting = transfer.weights == "imagenet"
        norm = [
            "    # The averages of batch normalisation over ImageNet are worth more than those of small batches.",
            "    learns = number >= resting and not isinstance(layer, layers.BatchNormalization)",
        ]
        lines = [
            'names = [layer.name for layer in model.layers[: model.layers.index(model.get_layer("average"))]]',
            'taken = [name for name in names if name not in ("image", "scale", "resize", "colour")]',
            "resting = len(taken) if is_head_only else round(FROZEN_SHARE * len(taken))",
            "for number, name in enumerate(taken):",
            "    layer = model.get_layer(name)",
            *(norm if is_norm_resting else ["    learns = number >= resting"]),
            "    layer.trainable = learns",
        ]
        return [
            "def set_trainable(model, is_head_only):",
            '    """Let the first layers of the ImageNet network rest: all of them, or a share."""',
            *indented(lines),
        ]
    return []
