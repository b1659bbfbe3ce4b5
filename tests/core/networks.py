"""Networks whose weights, averages and offsets are no zeros and ones: for tests of what a network computes."""

import functools

import keras  # noqa: TID253 - what is tested is about Keras
import numpy as np

from cnn_core.config import ImageNetTransfer
from cnn_core.data.catalogue import dataset_card
from cnn_core.learn.walk import Walk
from cnn_core.models.presets import PRESETS, preset_config
from cnn_core.models.transfer import build_run_model

PRESET_NAMES = tuple(preset.name for preset in PRESETS)
TRANSFER_NAMES = ("mobilenet-v2", "resnet50-v2")
# As small as the ImageNet networks go.
SIDE = 32


def random_network(name, seed=0):
    """A preset's or an ImageNet network for images of 28×28, with random weights."""
    config = preset_config("fast" if name in TRANSFER_NAMES else name, dataset_card("fashion-mnist"))
    if name in TRANSFER_NAMES:
        transfer = ImageNetTransfer(network=name, side=SIDE, weights="random")
        config = config.model_copy(update={"transfer": transfer})
    keras.utils.set_random_seed(seed)
    model = build_run_model(config, (28, 28, 1), 10)
    stir(model, seed)
    return model


@functools.cache
def random_walk(name):
    """The walk through such a network, made once for all tests of a process: none of them changes its ``model``."""
    return Walk(random_network(name))


def random_image(shape=(28, 28, 1), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def stir(model, seed=0):
    """Give every offset and every average of a model some value; fresh ones are 0 or 1 all over.

    The averages are about those of its maps, as after a training: with any others, nothing of an image would come
    through fifty layers.
    """
    random = np.random.default_rng(seed)

    def scatter(variable, low, high):
        if variable is not None:
            variable.assign(random.uniform(low, high, variable.shape).astype(np.float32))

    norms = []
    for layer in _layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            norms.append(layer)
            scatter(layer.gamma, 0.5, 1.5)
            scatter(layer.beta, -0.5, 0.5)
        else:
            scatter(getattr(layer, "bias", None), -0.3, 0.3)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(random.integers(0, 256, (16, *model.input_shape[1:]), np.uint8), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        for average in (norm.moving_mean, norm.moving_variance):
            average.assign(average * random.uniform(0.8, 1.2, average.shape).astype(np.float32))


def _layers(model):
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]
