"""Networks with the training that suits them, by name. Data only: Keras is not needed to choose one."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from typing import Any

from cnn_core.config import (
    AugmentationConfig,
    ConvBlock,
    DenseBlock,
    ModelConfig,
    ResidualBlock,
    RunConfig,
    TrainingConfig,
    replace,
)
from cnn_core.data.catalogue import DatasetCard
from cnn_core.errors import ConfigError
from cnn_core.models.shapes import collapses

# The side that images are enlarged to when a preset's poolings would leave nothing of them.
ENLARGED_SIDE = 28
# An epoch of a small dataset has about so many steps; its batches do not get smaller than that.
FEWEST_STEPS = 80
SMALLEST_BATCH = 16
# A small dataset is seen so often that the weights are moved about so many times.
FEWEST_STEPS_OF_ALL = 1500
_VALIDATION_SHARES = (0.1, 0.2, 0.25, 0.34, 0.5)
# A handful of images is learned by heart long before.
MOST_EPOCHS_PROPOSED = 100


# On which presets were measured.
PROMISED_DATASET = "fashion-mnist"


@dataclass(frozen=True)
class Promise:
    """What a preset reached on Fashion-MNIST, as it comes (``make bench``; the README says with which seeds).

    Attributes:
        accuracy: Share of the test images that it got right.
        seconds: Of the training and its evaluation, on the machine that the README names.
    """

    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Preset:
    """A network and the settings to train it with, where nothing else is asked.

    Attributes:
        summary: What it is, in a line.
        description: The same, with more about it.
        promise: What it reached, where that was measured.
    """

    name: str
    title: str
    summary: str
    description: str
    model: ModelConfig
    training: TrainingConfig = field(default_factory=TrainingConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    promise: Promise | None = None


# Smoothed labels and a rate that rises and falls: what short trainings of networks with batch normalisation want.
ONE_CYCLE_ADAMW = TrainingConfig(
    epochs=8,
    batch_size=128,
    learning_rate=4e-3,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.05,
    loss="categorical_crossentropy",
    label_smoothing=0.1,
)
# Fewer and larger steps: Muon's cost is by step. Its rate was searched for batches of this size.
_ONE_CYCLE_MUON = ONE_CYCLE_ADAMW.model_copy(
    update={"optimizer": "muon", "momentum": 0.95, "batch_size": 256, "learning_rate": 0.02, "precision": "auto"}
)


def _conv(filters: int, *, pooling: bool = True) -> ConvBlock:
    return ConvBlock(
        filters=filters, padding="same", batch_norm=True, pooling="max" if pooling else "none", pool_first=pooling
    )


_LARGER_NETWORK = ModelConfig(
    blocks=(
        _conv(32),
        _conv(64, pooling=False),
        _conv(64),
        _conv(128, pooling=False),
        _conv(128),
        DenseBlock(units=128, batch_norm=True),
    ),
    dropout=0.2,
)
_LARGER_AUGMENTATION = AugmentationConfig(horizontal_flip=True, shift_pixels=1, erase_probability=0.25)

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="fast",
        title="Fast",
        summary="Recommended: three convolution blocks.",
        description="Three convolution blocks with batch normalisation, dropout, the optimizer Muon, a one-cycle "
        "learning rate and, where that makes sense, mirrored images.",
        model=ModelConfig(
            blocks=(_conv(32), _conv(64), _conv(128), DenseBlock(units=128, batch_norm=True)), dropout=0.4
        ),
        training=_ONE_CYCLE_MUON.model_copy(update={"epochs": 9}),
        augmentation=AugmentationConfig(horizontal_flip=True),
        promise=Promise(accuracy=0.932, seconds=126),
    ),
    Preset(
        name="strong",
        title="Strong",
        summary="Five convolutions, more epochs, images shifted and partly covered.",
        description="Five convolutions trained as the fast network, for longer, on images that are also shifted by a "
        "pixel and partly covered.",
        model=_LARGER_NETWORK,
        training=_ONE_CYCLE_MUON.model_copy(update={"epochs": 18}),
        augmentation=_LARGER_AUGMENTATION,
        promise=Promise(accuracy=0.943, seconds=635),
    ),
    Preset(
        name="best",
        title="Best",
        summary="The strong network, trained three times as long.",
        description="The network and the images of the strong preset, for more than three times as long.",
        model=_LARGER_NETWORK,
        training=_ONE_CYCLE_MUON.model_copy(update={"epochs": 60}),
        augmentation=_LARGER_AUGMENTATION,
        promise=Promise(accuracy=0.949, seconds=1950),
    ),
    Preset(
        name="tutorial-cnn",
        title="Tutorial CNN",
        summary="Three convolutions, as in the classic tutorials.",
        description="The network of the classic tutorials: three convolutions (32, 64, 128), two max poolings, a "
        "dense layer of 128. Adam, 10 epochs.",
        model=ModelConfig(
            blocks=(
                ConvBlock(filters=32, pooling="max"),
                ConvBlock(filters=64, pooling="max"),
                ConvBlock(filters=128),
                DenseBlock(units=128),
            )
        ),
    ),
    Preset(
        name="simple-cnn",
        title="Simple CNN",
        summary="The smallest network with every kind of layer.",
        description="The smallest network that shows every kind of layer: convolution, ReLU, max pooling, "
        "convolution, ReLU, flatten, dense, softmax.",
        model=ModelConfig(blocks=(ConvBlock(filters=32, pooling="max"), ConvBlock(filters=64))),
        training=TrainingConfig(epochs=5),
    ),
    Preset(
        name="mlp",
        title="Dense network (no convolution)",
        summary="Two dense layers, to compare convolutions with.",
        description="Two dense layers (256, 128) with about as many parameters as the tutorial's CNN: what "
        "convolutional networks are compared with.",
        model=ModelConfig(blocks=(DenseBlock(units=256), DenseBlock(units=128))),
    ),
    Preset(
        name="small-resnet",
        title="Small residual network",
        summary="Three blocks with shortcuts around them.",
        description="A convolution and three residual blocks (32, 64, 128), whose shortcuts let deep networks learn, "
        "then the mean of each feature map in place of a dense layer. Trained as the fast network.",
        model=ModelConfig(
            blocks=(
                ConvBlock(filters=32, padding="same", batch_norm=True, pooling="max"),
                ResidualBlock(filters=32),
                ResidualBlock(filters=64, stride=2),
                ResidualBlock(filters=128, stride=2),
            ),
            features="global-average",
            dropout=0.2,
        ),
        training=ONE_CYCLE_ADAMW,
        augmentation=AugmentationConfig(horizontal_flip=True),
    ),
)


def preset_names() -> tuple[str, ...]:
    """The names, the recommended one first."""
    return tuple(preset.name for preset in PRESETS)


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ConfigError: There is none; the message lists those there are.
    """
    for preset in PRESETS:
        if preset.name == name:
            return preset
    close = difflib.get_close_matches(name, preset_names(), n=1)
    hint = f"Did you mean '{close[0]}'? " if close else ""
    raise ConfigError(f"There is no preset '{name}'. {hint}Choose one of: {', '.join(preset_names())}.")


def preset_config(name: str, card: DatasetCard, /, **sections: Any) -> RunConfig:
    """The configuration of a run: a preset fitted to a dataset, with some settings changed.

    Fitted means: images too small for the preset's poolings (8×8 digits in the tutorial's network) are enlarged
    inside the network; a small dataset gets smaller batches (for Muon smaller rates, too) and more epochs, so that the
    weights are moved often enough, and more of its images are held back where else a class might have none to be
    watched on; images whose mirror image means something else are not mirrored. All of it stands in the configuration.

    Args:
        name: Name of the preset.
        card: The dataset to train on.
        sections: Settings to change, as for :func:`cnn_core.config.replace`.

    Raises:
        ConfigError: Unknown preset, or a setting out of range.
    """
    preset = find_preset(name)
    model = preset.model
    if model.enlarge_to is None and collapses(model, card.height, card.width):
        model = model.model_copy(update={"enlarge_to": ENLARGED_SIDE})
    validation_share = _validation_share(card)
    batch_size = _batch_size(preset.training.batch_size, card.train_count, validation_share)
    wanted = -(-FEWEST_STEPS_OF_ALL * batch_size // card.train_count)
    epochs = max(preset.training.epochs, min(wanted, MOST_EPOCHS_PROPOSED))
    is_flipped = preset.augmentation.horizontal_flip and card.is_mirrored_alike
    config = RunConfig(
        dataset=card.name,
        preset=name,
        model=model,
        training=preset.training.model_copy(
            update={
                "batch_size": batch_size,
                "epochs": epochs,
                "validation_share": validation_share,
                "learning_rate": _learning_rate(preset.training, batch_size),
            }
        ),
        augmentation=preset.augmentation.model_copy(update={"horizontal_flip": is_flipped}),
    )
    return replace(config, **sections)


def _validation_share(card: DatasetCard) -> float:
    """The usual share of the training images, or as many as it takes to hold one of each class back."""
    # A class that is not counted may be a tenth as large as the others.
    smallest = min(card.train_counts, default=card.train_count // (10 * len(card.class_names)))
    return next((share for share in _VALIDATION_SHARES if share * smallest >= 1), _VALIDATION_SHARES[-1])


def _learning_rate(usual: TrainingConfig, batch_size: int) -> float:
    """The usual rate; Muon's by the root of the batch: its steps are as long however little a small batch knows."""
    if usual.optimizer != "muon":
        return usual.learning_rate
    return usual.learning_rate * math.sqrt(batch_size / usual.batch_size)


def _batch_size(usual: int, count: int, validation_share: float) -> int:
    """The usual size of a batch, or a smaller one for few images: an epoch needs its steps."""
    size = usual
    while size > SMALLEST_BATCH and count // size < FEWEST_STEPS:
        size //= 2
    while size > 1 and size > (1 - validation_share) * count - 1:
        size //= 2
    return size
