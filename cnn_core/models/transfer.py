"""Networks that start from learned features: those of a run, or those of an ImageNet network.

Importing this module does not import Keras; building a model does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.config import ImageNetTransfer, RunConfig, RunTransfer
from cnn_core.errors import RunError
from cnn_core.images.grey import GREY_WEIGHTS as GREY_WEIGHTS
from cnn_core.models.imagenet_facts import resting_layers

if TYPE_CHECKING:
    import keras

    from cnn_core.data.fetch import DownloadProgress


def build_run_model(
    config: RunConfig,
    input_shape: tuple[int, int, int],
    class_count: int,
    *,
    on_progress: Callable[[DownloadProgress], None] | None = None,
    is_fresh: bool = True,
) -> keras.Model:
    """Build the model that a run starts from, with the weights that it starts from.

    Args:
        config: The run.
        input_shape: (height, width, channels) of the images.
        class_count: Number of classes, at least 2.
        on_progress: Called while ImageNet weights are downloaded; what it raises ends the download.
        is_fresh: False where all weights will be replaced by those of a checkpoint: then none are taken over, and
            neither the run that they came from nor a network connection is needed.

    Returns:
        Model from (N, height, width, channels) uint8 to (N, class_count) float32 logits. Everything may learn; see
        :func:`set_trainable`.

    Raises:
        ConfigError: The network does not fit the images.
        RunError: The run whose features are to be taken is gone, has no model, or other blocks.
        DatasetError: The ImageNet weights are missing and cannot be downloaded, or are damaged. They are never
            replaced by random ones.
        StorageError: The downloaded weights cannot be written.
    """
    transfer = config.transfer
    if isinstance(transfer, ImageNetTransfer):
        # Before Keras is imported: a missing file is told at once.
        from cnn_core.models.imagenet_download import obtain_weights

        wants_weights = is_fresh and transfer.weights == "imagenet"
        weights = obtain_weights(transfer.network, transfer.side, on_progress) if wants_weights else None

        from cnn_core.models.application import build_on_application

        return build_on_application(config.model, transfer, input_shape, class_count, weights)

    from cnn_core.models.build import build_model

    model = build_model(config.model, input_shape, class_count)
    if transfer is not None and is_fresh:
        _copy_blocks(model, transfer)
    return model


def set_trainable(model: keras.Model, config: RunConfig, *, head_only: bool) -> None:
    """Decide which layers learn; those that do not keep their weights and, as batch normalisation, their averages.

    Batch normalisation with ImageNet weights never learns: its averages over ImageNet are worth more than those of a
    few small batches, and changing it under the other layers would destroy what they know.

    Args:
        model: From :func:`build_run_model` for the same configuration.
        config: The run. Without transfer, everything learns.
        head_only: Whether all that was taken rests, as in the first ``head_epochs``; otherwise only what is frozen.
    """
    transfer = config.transfer
    if isinstance(transfer, RunTransfer):
        resting_blocks = transfer.blocks if head_only else transfer.frozen_blocks
        for layer in model.layers:
            layer.trainable = not 1 <= block_number(layer.name) <= resting_blocks
    elif isinstance(transfer, ImageNetTransfer):
        from keras.layers import BatchNormalization

        from cnn_core.models.application import application_layers

        taken = application_layers(model)
        resting = len(taken) if head_only else resting_layers(transfer.network, transfer.frozen_share)
        for number, layer in enumerate(taken):
            rests_always = transfer.weights == "imagenet" and isinstance(layer, BatchNormalization)
            layer.trainable = number >= resting and not rests_always


def block_number(layer_name: str) -> int:
    """The block that a layer belongs to, counted from 1; 0 for all others."""
    found = re.match(r"block(\d+)_", layer_name)
    return int(found[1]) if found else 0


def fitted_kernel(kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Make a kernel that was learned on grey images one for colour, or the other way round.

    On a grey image that is shown in colour, as on a colour image that is grey, both give the same feature map.

    Args:
        kernel: (rows, columns, channels, filters) float32, or any other weights.
        shape: What the new network expects. Only where it differs in channels, 1 here and 3 there, is anything done.

    Returns:
        (rows, columns, new channels, filters): a grey kernel is spread over red, green and blue as the eye weights them
        (ITU-R BT.601, as pictures are made grey), the channels of a colour kernel are added. Others as they are.
    """
    is_same = len(kernel.shape) == len(shape) == 4 and kernel.shape[:2] + kernel.shape[3:] == shape[:2] + shape[3:]
    channels = kernel.shape[2] if is_same else 0, shape[2] if is_same else 0
    if channels == (1, 3):
        return np.asarray(kernel * np.array(GREY_WEIGHTS, kernel.dtype)[:, None])
    return np.asarray(kernel.sum(axis=2, keepdims=True)) if channels == (3, 1) else kernel


def _copy_blocks(model: keras.Model, transfer: RunTransfer) -> None:
    from cnn_core.inference.network import Network
    from cnn_core.runs.store import find_run

    run = find_run(transfer.run)
    source = {layer.name: layer.get_weights() for layer in Network(run).model.layers}
    for layer in model.layers:
        if not (1 <= block_number(layer.name) <= transfer.blocks and layer.weights):
            continue
        shapes = [tuple(weight.shape) for weight in layer.weights]
        found = [fitted_kernel(*pair) for pair in zip(source.get(layer.name, []), shapes, strict=False)]
        if [weight.shape for weight in found] != shapes:
            came = [weight.shape for weight in found] if found else "no such layer"
            raise RunError(
                f"The weights of layer '{layer.name}' cannot be taken from run '{run.id}': expected the shapes "
                f"{shapes}, found {came}. Its network is not what its settings say; take the features of another run."
            )
        layer.set_weights(found)
