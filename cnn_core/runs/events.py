"""What happened to a run beside its training, a line each in ``events.jsonl``: a pause, another learning rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

# What the training loop does, or has done to it; the others befall the worker around it.
LoopAction = Literal["paused", "resumed", "stopped", "learning-rate", "plateau", "early-stopped", "diverged"]
Action = LoopAction | Literal["continued", "recovered", "checkpoint-damaged"]


@dataclass(frozen=True)
class Event:
    """Something that a person did to a run, or that befell it, and its place on the curve.

    Attributes:
        time: Seconds since 1970.
        action: What happened.
        epoch: The epoch under way, counted from 1.
        step: Steps of that epoch that were done.
        steps: Steps in an epoch.
        value: The new learning rate, where that is what changed.
        message: More about it, for a person.
    """

    time: float
    action: Action
    epoch: int
    step: int
    steps: int
    value: float | None = None
    message: str | None = None


_ADAPTER = TypeAdapter(Event)


def event_line(event: Event) -> str:
    """An event as it stands in ``events.jsonl``, without the end of the line."""
    return _ADAPTER.dump_json(event).decode()


def parse_events(lines: Iterable[str]) -> list[Event]:
    """The events of some lines, in their order; damaged lines and actions of other versions are left out."""
    events = []
    for line in lines:
        try:
            events.append(_ADAPTER.validate_json(line))
        except ValidationError:
            continue
    return events
