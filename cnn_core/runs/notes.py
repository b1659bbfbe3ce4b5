"""A run's name and notes: what a person wrote beside it. Nothing of it changes what is trained."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

NAME_LENGTH = 80
TEXT_LENGTH = 10_000


class Notes(BaseModel):
    """``notes.json``. Spaces around the name and the text are dropped.

    Attributes:
        name: What the person calls the run; empty: it has no name of its own.
        text: Anything else, over as many lines as needed.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    text: Annotated[str, Field(max_length=TEXT_LENGTH)] = ""


def parse_notes(content: bytes) -> Notes:
    """The notes in a file; empty ones where it is damaged: a run must not be lost for its notes."""
    try:
        return Notes.model_validate_json(content)
    except ValidationError:
        return Notes()
