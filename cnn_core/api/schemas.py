"""What goes in and out of the API. The description at ``/api/v1/openapi.json`` is made of these types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from cnn_core.inference.classifier import AnswerRow
from cnn_core.runs.record import State
from cnn_core.runs.store import SHOWCASE


class PredictQuery(BaseModel):
    """What a request to classify says in its address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Annotated[str, Field(min_length=1, max_length=255, description="id of the run whose network answers")] = (
        SHOWCASE
    )
    top: Annotated[int, Field(ge=1, le=1000, description="how many classes to name")] = 3


class PredictForm(BaseModel):
    """The pictures, or ZIPs of them, each a part with a file name."""

    model_config = ConfigDict(extra="forbid")

    files: list[bytes] = Field(min_length=1)


class Answers(TypedDict):
    """The answers, in the order of the pictures."""

    run: Annotated[str, Field(description="id of the run that answered")]
    answers: list[AnswerRow]


class RunRow(BaseModel):
    """A run in short. One that cannot be read has the state ``damaged``."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: Annotated[str, Field(description="what a person called it; empty where nobody did")]
    state: State | Literal["damaged"]
    can_predict: Annotated[bool, Field(description="whether it has a network that can be asked")]
    classes: Annotated[list[str], Field(description="the classes that its network knows")]
    dataset: str | None
    preset: str | None
    created: Annotated[float | None, Field(description="seconds since 1970")]
    epochs: Annotated[int, Field(description="finished or under way")]
    total_epochs: Annotated[int, Field(description="as asked")]
    test_accuracy: Annotated[float | None, Field(description="a fraction")]
    val_accuracy: Annotated[float | None, Field(description="a fraction; null for a run that watches the test images")]
    parameters: int | None
    message: Annotated[str | None, Field(description="why it failed or cannot be read")]


class Runs(TypedDict):
    """The runs: the showcase first, then the newest."""

    runs: list[RunRow]


class Health(TypedDict):
    """That the server answers, and what it has to do."""

    status: Literal["ok"]
    requests: Annotated[int, Field(description="requests to classify that are under way")]
    networks: Annotated[int, Field(description="networks that are loaded")]


class Error(TypedDict):
    """Why a request was not answered, and what to do."""

    error: str
