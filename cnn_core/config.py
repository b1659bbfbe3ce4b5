"""One frozen, validated description of a run. Its limits serve the widgets, the command line and the API.

A :class:`RunConfig` says everything that was asked of a run. The same configuration, on the same versions and the
same kind of processor with as many threads, trains the same network. It is stored in the run's ``config.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cnn_core.errors import ConfigError

Activation = Literal["relu", "leaky_relu", "gelu", "elu", "tanh", "sigmoid"]
OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop"]
ScheduleName = Literal["constant", "one-cycle"]
LossName = Literal["sparse_categorical_crossentropy", "categorical_crossentropy"]
Protocol = Literal["validation", "tutorial"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ConvBlock(_Frozen):
    """Convolution, batch normalisation if asked, activation, pooling if asked, dropout if asked: in that order."""

    kind: Literal["conv"] = "conv"
    filters: Annotated[int, Field(ge=1, le=1024)]
    kernel: Annotated[int, Field(ge=1, le=11)] = 3
    stride: Annotated[int, Field(ge=1, le=4)] = 1
    padding: Literal["valid", "same"] = "valid"
    batch_norm: bool = False
    activation: Activation = "relu"
    pooling: Literal["max", "average", "none"] = "none"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class DenseBlock(_Frozen):
    """A fully connected layer, batch normalisation if asked, activation, dropout if asked."""

    kind: Literal["dense"] = "dense"
    units: Annotated[int, Field(ge=1, le=8192)]
    batch_norm: bool = False
    activation: Activation = "relu"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


Block = Annotated[ConvBlock | DenseBlock, Field(discriminator="kind")]


class ModelConfig(_Frozen):
    """The network between the uint8 image and the logits: convolution blocks, a flatten, dense blocks, the output."""

    blocks: Annotated[tuple[Block, ...], Field(max_length=64)]
    dropout: Annotated[float, Field(ge=0, le=0.9, description="share of the features dropped before the output")] = 0.0
    enlarge_to: Annotated[int, Field(ge=8, le=256, description="side that smaller images are enlarged to")] | None = (
        None
    )

    @model_validator(mode="after")
    def _dense_blocks_come_last(self) -> Self:
        kinds = [block.kind for block in self.blocks]
        if "conv" in kinds[kinds.index("dense") :] if "dense" in kinds else False:
            raise ValueError("a convolution block stands after a dense block; put the convolution blocks first")
        return self


class TrainingConfig(_Frozen):
    """How the weights are found."""

    epochs: Annotated[int, Field(ge=1, le=500, description="passes over the training images")] = 10
    batch_size: Annotated[int, Field(ge=1, le=4096, description="images a step")] = 64
    learning_rate: Annotated[float, Field(gt=0, le=1, description="the size of a step; with one-cycle, its peak")] = (
        1e-3
    )
    optimizer: OptimizerName = "adam"
    schedule: ScheduleName = "constant"
    weight_decay: Annotated[float, Field(ge=0, le=1, description="decoupled, as in AdamW")] = 0.0
    loss: LossName = "sparse_categorical_crossentropy"
    label_smoothing: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    protocol: Annotated[
        Protocol,
        Field(
            description="'validation' keeps the test images for the end; 'tutorial' trains on all training images and "
            "watches the test images every epoch, as the classic tutorials do"
        ),
    ] = "validation"
    validation_share: Annotated[float, Field(gt=0, le=0.5, description="share of the training images held back")] = 0.1

    @model_validator(mode="after")
    def _smoothing_needs_one_hot_labels(self) -> Self:
        if self.label_smoothing > 0 and self.loss != "categorical_crossentropy":
            raise ValueError(
                "label smoothing needs one-hot labels: set loss to categorical_crossentropy, or label_smoothing to 0"
            )
        return self


class AugmentationConfig(_Frozen):
    """What happens to a training image each time it is seen. Validation and test images stay as they are."""

    horizontal_flip: bool = False
    shift_pixels: Annotated[int, Field(ge=0, le=8, description="largest shift in each direction")] = 0
    erase_probability: Annotated[float, Field(ge=0, le=1, description="random erasing, share of the images")] = 0.0


class RunConfig(_Frozen):
    """Everything that determines a training run."""

    dataset: str = "fashion-mnist"
    # Part of the run's directory name.
    preset: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
    seed: Annotated[int, Field(ge=0, lt=2**32, description="decides split, weights, batches, augmentation")] = 0
    model: ModelConfig
    training: TrainingConfig = TrainingConfig()
    augmentation: AugmentationConfig = AugmentationConfig()


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

    A loss that cannot smooth labels takes the smoothing along, unless the changes ask for one.

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
        settings[name] = {**settings[name], **value} if is_section else value
    asked = sections.get("training")
    if isinstance(asked, Mapping) and asked.get("loss") == "sparse_categorical_crossentropy":
        settings["training"] = {**settings["training"], "label_smoothing": asked.get("label_smoothing", 0.0)}
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
    a widget with a step never proposes them.
    """
    low = high = None
    info = section.model_fields[field]
    step = 1 if info.annotation is int else 0
    for rule in info.metadata:
        low = _first(getattr(rule, "ge", None), _shifted(getattr(rule, "gt", None), step), low)
        high = _first(getattr(rule, "le", None), _shifted(getattr(rule, "lt", None), -step), high)
    return low, high


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _shifted(value: float | None, by: int) -> float | None:
    return None if value is None else value + by
