"""What a person decides about a dataset of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from cnn_core.config.base import Frozen
from cnn_core.config.run import explain
from cnn_core.errors import ConfigError
from cnn_core.images.frame import Fit

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# In addresses it stands for the form that brings one in.
RESERVED = "bring-in"


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


class OwnSettings(Frozen):
    """How pictures become a dataset.

    Attributes:
        name: What commands and addresses call it: small letters, digits and hyphens; also its folder.
        title: What pages call it.
        fit: What happens to pictures of other proportions: ``crop`` takes the middle, ``pad`` adds borders of black,
            ``stretch`` changes the proportions.
        leave_out: Classes that are not brought in.
    """

    name: str
    title: Annotated[str, Field(min_length=1, max_length=80), BeforeValidator(_stripped)]
    description: Annotated[str, Field(max_length=2000)] = ""
    licence: Annotated[str, Field(max_length=200)] = ""
    origin: Annotated[str, Field(max_length=500, description="where the pictures come from")] = ""
    height: Annotated[int, Field(ge=8, le=256, description="rows of an image, in pixels")] = 32
    width: Annotated[int, Field(ge=8, le=256, description="columns of an image, in pixels")] = 32
    channels: Annotated[Literal[1, 3], Field(description="1: grey, 3: colour")] = 3
    fit: Fit = "crop"
    test_share: Annotated[
        float, Field(gt=0, lt=1, description="share of the images that are kept for the test, if none are marked so")
    ] = 0.2
    seed: Annotated[int, Field(ge=0, lt=2**32, description="decides which")] = 0
    leave_out: tuple[str, ...] = ()
    fewest: Annotated[int, Field(ge=2, le=100_000, description="images a class has at least, to be brought in")] = 5
    is_mirrored_alike: Annotated[
        bool, Field(description="a mirrored image is of the same class: right for things, wrong for letters")
    ] = True

    @model_validator(mode="after")
    def _name_is_a_folders(self) -> Self:
        if not _NAME.fullmatch(self.name) or self.name == RESERVED:
            raise ValueError(
                f"the name '{self.name}' cannot be used; expected up to 63 small letters, digits and hyphens, such as "
                "'my-photos'"
            )
        return self


def name_for(title: str) -> str:
    """A name that a title suggests: "My Photos.zip" → ``my-photos``."""
    plain = re.sub(r"\.(zip|tar|csv)$", "", title.strip(), flags=re.IGNORECASE).casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63] or "pictures"


def own_settings(values: Mapping[str, object]) -> OwnSettings:
    """Check what was asked for.

    Raises:
        ConfigError: A setting is unknown or out of its limits.
    """
    try:
        return OwnSettings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explain(error)) from error
