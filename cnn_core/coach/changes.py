"""The one change that an advice offers: what stands on its button, and the new run."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cnn_core.config import (
    Block,
    ConvBlock,
    DenseBlock,
    OptimizerName,
    ResidualBlock,
    RunConfig,
    RunTransfer,
    TrainingConfig,
    limits,
    replace,
)
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import CnnLabError
from cnn_core.models.presets import preset_config

Change = tuple[str, RunConfig]
NO_CHANGE: tuple[None, None] = (None, None)

# Learning rates that train most small networks: Keras's defaults for the adaptive ones, the usual 0.01 for SGD with
# momentum. Only their order of magnitude counts: rules ask whether a rate lies far above or below.
USUAL_RATES: dict[OptimizerName, float] = {"adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3, "sgd": 1e-2, "muon": 1e-2}
# So many times above or below the usual one a rate is a suspect.
FAR_FROM_USUAL = 5.0

# What the presets use; more than a half of the features is seldom worth what it costs.
_DROPOUT = 0.4
_SHIFT_PIXELS = 2


def rate(config: RunConfig, value: float) -> Change | tuple[None, None]:
    """Another learning rate, rounded to one digit and at most 1."""
    value = min(float(f"{value:.0e}"), 1.0)
    if value <= 0 or value == config.training.learning_rate:
        return NO_CHANGE
    before = config.training.learning_rate
    return f"Learning rate {value:g} instead of {before:g}", replace(config, training={"learning_rate": value})


def training(config: RunConfig, label: str, **settings: Any) -> Change:
    """Other settings of the training."""
    return label, replace(config, training=settings)


def more_epochs(config: RunConfig, epochs: int) -> Change | tuple[None, None]:
    """More epochs, as many as are possible."""
    epochs = _within(TrainingConfig, "epochs", epochs)
    before = config.training.epochs
    if epochs <= before:
        return NO_CHANGE
    return training(config, f"{epochs} epochs instead of {before}", epochs=epochs)


def batch_norm(config: RunConfig) -> Change | tuple[None, None]:
    """Batch normalisation in every block; no change where every block has it."""
    blocks = [block.model_copy(update={"batch_norm": True}) for block in config.model.blocks]
    # Blocks taken from another run must stay as they were there.
    if isinstance(config.transfer, RunTransfer) or tuple(blocks) == config.model.blocks:
        return NO_CHANGE
    return "Batch normalisation in every block", replace(config, model={"blocks": blocks})


def has_dropout(config: RunConfig) -> bool:
    """Whether anything is dropped in training."""
    return config.model.dropout > 0 or any(block.dropout > 0 for block in config.model.blocks)


def is_augmented(config: RunConfig) -> bool:
    """Whether training images are changed each time they are seen."""
    augmentation = config.augmentation
    return augmentation.changes_images or augmentation.mixes_labels or augmentation.sketches > 0


def hold_back(config: RunConfig) -> Change | tuple[None, None]:
    """Something against learning by heart: dropout first, then augmentation, then weight decay."""
    if not has_dropout(config):
        return f"Dropout {_DROPOUT:g} before the output", replace(config, model={"dropout": _DROPOUT})
    if not is_augmented(config):
        changes: dict[str, Any] = {"shift_pixels": _SHIFT_PIXELS}
        if _is_mirrored_alike(config):
            changes["horizontal_flip"] = True
        what = "Mirrored and shifted images" if len(changes) > 1 else f"Images shifted by up to {_SHIFT_PIXELS} pixels"
        return what, replace(config, augmentation=changes)
    if not config.training.weight_decay:
        return training(config, "Weight decay 0.01", weight_decay=0.01)
    return NO_CHANGE


def hold_back_less(config: RunConfig) -> Change | tuple[None, None]:
    """Less of what makes learning harder, the strongest first; no change where little is used."""
    if config.augmentation.mixes_labels:
        return "Without mixing images", replace(config, augmentation={"mixup": 0.0, "cutmix": 0.0})
    if config.model.dropout >= 0.5:
        return "Dropout 0.2 before the output", replace(config, model={"dropout": 0.2})
    if any(block.dropout >= 0.5 for block in config.model.blocks):
        blocks = [
            block.model_copy(update={"dropout": 0.2}) if block.dropout >= 0.5 else block
            for block in config.model.blocks
        ]
        return "Dropout 0.2 in the blocks", replace(config, model={"blocks": blocks})
    return NO_CHANGE


def larger_network(config: RunConfig) -> Change | tuple[None, None]:
    """Twice as many filters and units; convolutions, where there were none."""
    if config.transfer is not None:
        return NO_CHANGE
    blocks = config.model.blocks
    if not any(isinstance(block, ConvBlock | ResidualBlock) for block in blocks):
        try:
            other = preset_config("tutorial-cnn", dataset_card(config.dataset))
        except CnnLabError:
            return NO_CHANGE
        return "The tutorial's convolutions", replace(config, preset=other.preset, model=other.model.model_dump())
    wider: list[Block] = []
    for block in blocks:
        if isinstance(block, ConvBlock | ResidualBlock):
            filters = _within(type(block), "filters", 2 * block.filters)
            wider.append(block.model_copy(update={"filters": filters}))
        else:
            wider.append(block.model_copy(update={"units": _within(DenseBlock, "units", 2 * block.units)}))
    if tuple(wider) == blocks:
        return NO_CHANGE
    return "Twice as many filters and units", replace(config, model={"blocks": wider})


def _is_mirrored_alike(config: RunConfig) -> bool:
    try:
        return dataset_card(config.dataset).is_mirrored_alike
    except CnnLabError:
        return False


def _within(section: type[BaseModel], field: str, value: int) -> int:
    """The value, or the largest one that the setting may have."""
    _, most = limits(section, field)
    return value if most is None else min(value, int(most))
