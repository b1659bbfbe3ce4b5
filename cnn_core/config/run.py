"""A whole run: :class:`RunConfig`, how it is checked, changed and explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from cnn_core.config.augmentation import AugmentationConfig
from cnn_core.config.base import Frozen
from cnn_core.config.network import ModelConfig
from cnn_core.config.training import TrainingConfig
from cnn_core.config.transfer import ImageNetTransfer, RunTransfer, Transfer
from cnn_core.errors import ConfigError

# Settings of the training that a loss of whole classes cannot follow.
_OF_ONE_HOT_LABELS = ("label_smoothing", "teachers", "teacher_share")


class RunConfig(Frozen):
    """Everything that determines a training run."""

    dataset: str = "fashion-mnist"
    # Part of the run's directory name.
    preset: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
    seed: Annotated[int, Field(ge=0, lt=2**32, description="decides split, weights, batches, augmentation")] = 0
    model: ModelConfig
    training: TrainingConfig = TrainingConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    transfer: Transfer | None = None

    @model_validator(mode="after")
    def _transfer_fits_the_network(self) -> Self:
        blocks = self.model.blocks
        if isinstance(self.transfer, ImageNetTransfer) and any(block.kind != "dense" for block in blocks):
            raise ValueError("after an ImageNet network only dense blocks can follow; remove the convolution blocks")
        if isinstance(self.transfer, ImageNetTransfer) and self.model.shuffle_pixels:
            raise ValueError("an ImageNet network knows no shuffled pixels; set shuffle_pixels to false")
        if isinstance(self.transfer, RunTransfer):
            if self.transfer.blocks > len(blocks):
                raise ValueError(
                    f"{self.transfer.blocks} blocks are taken from run '{self.transfer.run}', but the network has "
                    f"{len(blocks)}; take fewer"
                )
            if self.transfer.frozen_blocks > self.transfer.blocks:
                raise ValueError(
                    f"{self.transfer.frozen_blocks} blocks are frozen, but only {self.transfer.blocks} are taken; "
                    "freeze fewer"
                )
        return self


def run_config(settings: Mapping[str, Any]) -> RunConfig:
    """Check settings (nested, as in ``config.json``) and freeze them.

    Raises:
        ConfigError: A setting is unknown, out of range, or does not go with another. The message names each.
    """
    try:
        return RunConfig.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(explain(error)) from error


def replace(config: RunConfig, /, **sections: Mapping[str, Any] | Any) -> RunConfig:
    """A copy with some settings changed and everything checked again.

    A loss that knows whole classes only takes label smoothing and teachers along, unless the changes ask for them.

    Args:
        config: The configuration to start from; it stays as it is.
        sections: A mapping is merged into the section of that name (``training={"epochs": 3}``); anything else
            replaces the setting (``seed=1``).

    Raises:
        ConfigError: As :func:`run_config`.
    """
    settings = config.model_dump()
    for name, value in sections.items():
        is_section = isinstance(value, Mapping) and isinstance(settings.get(name), Mapping)
        # What is of another kind has other settings: it takes the place of the section.
        is_section = is_section and value.get("kind") in (None, settings[name].get("kind"))
        settings[name] = {**settings[name], **value} if is_section else value
    asked = sections.get("training")
    if isinstance(asked, Mapping) and asked.get("loss") == "sparse_categorical_crossentropy":
        usual = {name: TrainingConfig.model_fields[name].default for name in _OF_ONE_HOT_LABELS}
        settings["training"] = {**settings["training"], **usual, **asked}
    return run_config(settings)


def explain(error: ValidationError) -> str:
    """The problems of a validation, a sentence each, in words for the person who made the setting."""
    problems = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        what = item["msg"].removeprefix("Value error, ")
        came = "" if isinstance(item["input"], dict) else f", but {item['input']!r} came"
        problems.append(f"{where}: {what}{came}" if where else what)
    return "Please change the settings. " + "; ".join(problems) + "."


def limits(section: type[BaseModel], field: str) -> tuple[float | None, float | None]:
    """The smallest and largest allowed value of a numeric setting, for its widget; ``None`` where there is no limit.

    Exclusive limits of whole numbers come out as the last allowed one. Those of other numbers come out as they stand:
    a widget with a step never proposes them. Of a setting that may be left out, the limits of what is set come out.
    """
    low = high = None
    step = 1 if is_whole_number(section, field) else 0
    for rule in _number(section, field)[1]:
        low = _first(getattr(rule, "ge", None), _shifted(getattr(rule, "gt", None), step), low)
        high = _first(getattr(rule, "le", None), _shifted(getattr(rule, "lt", None), -step), high)
    return low, high


def excluded_limits(section: type[BaseModel], field: str) -> tuple[bool, bool]:
    """Whether the :func:`limits` of a setting, the lower and the upper one, are themselves not allowed."""
    if is_whole_number(section, field):
        return False, False
    rules = _number(section, field)[1]
    return any(hasattr(rule, "gt") for rule in rules), any(hasattr(rule, "lt") for rule in rules)


def is_whole_number(section: type[BaseModel], field: str) -> bool:
    """Whether a setting is a whole number, where it is set."""
    return _number(section, field)[0] is int


def impossible_fields(section: type[BaseModel], settings: Mapping[str, Any]) -> set[str]:
    """The settings of a section that are out of range or of another kind by themselves, whatever the others are."""
    try:
        section.model_validate(settings)
    except ValidationError as error:
        return {str(item["loc"][0]) for item in error.errors() if item["loc"] and item["type"] != "missing"}
    return set()


def _number(section: type[BaseModel], field: str) -> tuple[Any, list[Any]]:
    """The type of a setting and its rules; those of a setting that may be ``None`` stand within the union."""
    info = section.model_fields[field]
    for member in get_args(info.annotation):
        if get_origin(member) is Annotated:
            kind, rules = get_args(member)
            return kind, list(rules.metadata) if isinstance(rules, FieldInfo) else [rules]
    return info.annotation, list(info.metadata)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _shifted(value: float | None, by: int) -> float | None:
    return None if value is None else value + by
