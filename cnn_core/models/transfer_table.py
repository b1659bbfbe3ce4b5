"""The network of a whole run in a table, without Keras: what a run takes over is part of it."""

from __future__ import annotations

import dataclasses
import math

from cnn_core.config import ImageNetTransfer, RunConfig
from cnn_core.models.imagenet import TITLES
from cnn_core.models.imagenet_facts import imagenet_facts, learning_parameters
from cnn_core.models.summary import LayerRow, NetworkSize, layer_table, network_size

# Rows of a plain network before its features: the image and its scaling.
_INPUT_ROWS = 2


def run_layer_table(config: RunConfig, input_shape: tuple[int, int, int], class_count: int) -> list[LayerRow]:
    """The layers of a run's network, from the image to the logits. Frozen ones have no trainable parameters.

    An ImageNet network is one row. Of layers that rest in the first epochs only, the parameters count as trainable.

    Args:
        config: The run.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    transfer = config.transfer
    if isinstance(transfer, ImageNetTransfer):
        return _imagenet_rows(config, transfer, input_shape, class_count)
    rows = layer_table(config.model, input_shape, class_count)
    frozen = transfer.frozen_blocks if transfer else 0
    return [dataclasses.replace(row, trainable_parameters=0) if 1 <= row.block <= frozen else row for row in rows]


def run_network_size(config: RunConfig, input_shape: tuple[int, int, int], class_count: int) -> NetworkSize:
    """The sums over :func:`run_layer_table`.

    Raises:
        ShapeError: A block leaves nothing of the image.
    """
    rows = run_layer_table(config, input_shape, class_count)
    transfer = config.transfer
    if isinstance(transfer, ImageNetTransfer):
        inner = imagenet_facts(transfer.network, transfer.side).activation_values
        values = inner + sum(math.prod(row.output_shape) for row in rows if row.type not in ("InputLayer", "Model"))
    else:
        values = network_size(config.model, input_shape, class_count).activation_values
    return NetworkSize(
        parameters=sum(row.parameters for row in rows),
        trainable_parameters=sum(row.trainable_parameters for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        activation_values=values,
    )


def _imagenet_rows(
    config: RunConfig, transfer: ImageNetTransfer, input_shape: tuple[int, int, int], class_count: int
) -> list[LayerRow]:
    height, width, channels = input_shape
    side = transfer.side
    facts = imagenet_facts(transfer.network, side)
    maps = (facts.feature_side, facts.feature_side, facts.channels)
    rows = [LayerRow(0, "image", "InputLayer", input_shape), LayerRow(0, "scale", "Rescaling", input_shape)]
    if (height, width) != (side, side):
        rows.append(LayerRow(0, "resize", "Resizing", (side, side, channels)))
    if channels == 1:
        rows.append(LayerRow(0, "colour", "Concatenate", (side, side, 3)))
    rows.append(
        LayerRow(
            block=0,
            name=TITLES[transfer.network],
            type="Model",
            output_shape=maps,
            parameters=facts.parameters,
            trainable_parameters=learning_parameters(transfer),
            multiply_adds=facts.multiply_adds,
        )
    )
    # The dense blocks see averaged feature maps, as they would behind convolution blocks of our own.
    head = config.model.model_copy(update={"features": "global-average", "enlarge_to": None})
    return rows + layer_table(head, maps, class_count)[_INPUT_ROWS:]
