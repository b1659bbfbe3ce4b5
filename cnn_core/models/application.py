"""Networks of ``keras.applications`` as the first layers of a network of ours: uint8 images in, one vector out."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from cnn_core.config import ImageNetName, ImageNetTransfer, ModelConfig
from cnn_core.errors import DatasetError
from cnn_core.models.build import NORM_MOMENTUM, add_classifier
from cnn_core.models.imagenet import TITLES, damage_message

_BUILDERS = {"mobilenet-v2": keras.applications.MobileNetV2, "resnet50-v2": keras.applications.ResNet50V2}
# Names of the layers before the application's, and of the first one after them.
_BEFORE = ("image", "scale", "resize", "colour")
_AFTER = "average"


def build_on_application(
    config: ModelConfig,
    transfer: ImageNetTransfer,
    input_shape: tuple[int, int, int],
    class_count: int,
    weights: Path | None,
) -> keras.Model:
    """Build a network whose features are those of an application.

    One flat functional model: the layers of the application are layers of the model, under Keras's names. Before them
    the image is scaled to [-1, 1], as both applications were trained on, resized bilinearly and made colour; after
    them each feature map is averaged.

    Args:
        config: Only its dense blocks and its dropout count.
        transfer: Which application, and the side that images are resized to.
        input_shape: (height, width, channels) of the images; 1 channel (grey) or 3.
        class_count: Number of classes, at least 2.
        weights: File of weights of the application, in Keras's HDF5 format; None for fresh weights.

    Returns:
        Model from (N, height, width, channels) uint8 to (N, class_count) float32 logits.

    Raises:
        DatasetError: The file does not hold the weights of this application.
    """
    height, width, channels = input_shape
    inputs = keras.Input(input_shape, dtype="uint8", name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inputs)
    if (height, width) != (transfer.side, transfer.side):
        x = layers.Resizing(transfer.side, transfer.side, name="resize")(x)
    if channels == 1:
        x = layers.Concatenate(name="colour")([x, x, x])
    application = _BUILDERS[transfer.network](include_top=False, weights=None, input_tensor=x)
    if weights is not None:
        _load(application, transfer.network, weights)
    if transfer.weights == "random":
        _follow_faster(application)
    x = layers.GlobalAveragePooling2D(name=_AFTER)(application.output)
    return keras.Model(inputs, add_classifier(x, config, class_count), name="cnn_lab")


def application_layers(model: keras.Model) -> list[keras.Layer]:
    """The layers of a built model that are the application's, from the image on."""
    names = [layer.name for layer in model.layers]
    return [layer for layer in model.layers[: names.index(_AFTER)] if layer.name not in _BEFORE]


def _follow_faster(application: keras.Model) -> None:
    """Let the averages of batch normalisation follow as in our own networks.

    The applications' momentum of 0.999 or 0.99 suits their weeks on ImageNet: after the few hundred steps of a run
    here, the averages would still be near their start, and the network would know nothing outside training.
    """
    for layer in application.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = NORM_MOMENTUM


def _load(application: keras.Model, network: ImageNetName, path: Path) -> None:
    """Read a file of weights. Keras compares the number of layers, and each weight's shape, in their order.

    By order and not by name, as Keras does: the published files were written by older versions with other names.
    """
    try:
        application.load_weights(path)
    except Exception as error:  # Keras and its HDF5 reader raise whatever they stumble on.
        reason = str(error).strip().splitlines()
        what = f"it does not hold the weights of {TITLES[network]} ({reason[0] if reason else type(error).__name__})"
        raise DatasetError(damage_message(path, what)) from error
    if not all(np.isfinite(weight).all() for weight in application.get_weights()):
        raise DatasetError(damage_message(path, "some of its weights are not finite numbers"))
