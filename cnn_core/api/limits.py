"""How much the API grants: written once, and changed by an operator through the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationError

from cnn_core.config.base import Frozen
from cnn_core.errors import ConfigError

_PREFIX = "CNN_LAB_API_"


class Limits(Frozen):
    """What is granted to one client, to one request, and to all requests together.

    ``CNN_LAB_API_RATE`` sets ``rate``, and so on: see :func:`read_limits`.
    """

    rate: Annotated[float, Field(ge=0, le=1e6, description="pictures a second from one address for long; 0: any")] = 50
    burst: Annotated[int, Field(ge=1, le=10**9, description="pictures that one address may send at once")] = 1000
    body_mb: Annotated[float, Field(gt=0, le=1024, description="size of one request")] = 64
    files: Annotated[int, Field(ge=1, le=1000, description="pictures in one request")] = 100
    waiting: Annotated[int, Field(ge=1, le=10_000, description="requests under way; more are sent away")] = 32
    held_mb: Annotated[float, Field(gt=0, le=2**20, description="size of all requests under way together")] = 256
    workers: Annotated[int, Field(ge=1, le=64, description="requests that are classified at the same time")] = 2
    upload_seconds: Annotated[float, Field(gt=0, le=3600, description="time in which a request must have arrived")] = 60

    @property
    def body_bytes(self) -> int:
        """The size of one request, in bytes."""
        return int(self.body_mb * 2**20)

    @property
    def held_bytes(self) -> int:
        """The size of all requests together, in bytes; one of the largest always fits."""
        return max(int(self.held_mb * 2**20), self.body_bytes)


def read_limits(environment: Mapping[str, str] = os.environ) -> Limits:
    """The limits, with those that the environment sets (``CNN_LAB_API_RATE=5``).

    Raises:
        ConfigError: A value is no number, or out of range.
    """
    asked = {name: environment.get(_PREFIX + name.upper(), "").strip() for name in Limits.model_fields}
    try:
        return Limits.model_validate({name: value for name, value in asked.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise ConfigError(
            f"{_PREFIX}{name.upper()} ({Limits.model_fields[name].description}) is '{asked[name]}': "
            f"{first['msg'][0].lower()}{first['msg'][1:]}. Correct it, or unset it for the default."
        ) from error
