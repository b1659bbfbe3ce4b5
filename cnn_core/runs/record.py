"""What a run's small JSON files hold: ``config.json`` and ``status.json``."""

from __future__ import annotations

import platform
import time
from importlib import metadata
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cnn_core.config import Precision, RunConfig
from cnn_core.data.catalogue import DatasetCard
from cnn_core.images.frame import Frame

# Raised when an older reader could no longer understand a run.
FORMAT = 1

State = Literal["queued", "running", "paused", "finished", "stopped", "failed"]
Phase = Literal["waiting", "starting", "downloading", "asking", "training", "evaluating", "done"]
ACTIVE: tuple[State, ...] = ("queued", "running", "paused")
# Who has a turn first, then who had one before.
ACTIVE_ORDER: tuple[State, ...] = ("running", "paused", "queued")

# The worker writes its heartbeat every second. Loading TensorFlow from a slow disk can hold it up for some seconds.
# After a longer silence the run counts as lost; a machine that slept brings it back with the next heartbeat.
HEARTBEAT_SECONDS = 1.0
LOST_AFTER_SECONDS = 15.0
_DIED = (
    "The training process has not been heard of for {silence:.0f} s: it was killed, ran out of memory, or the machine "
    "was switched off. What it had finished is kept: resume the run to go on from there. log.txt may say more."
)

_LIBRARIES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "streamlit")


class DataFacts(BaseModel):
    """What a run must still know of its dataset when the dataset is not there."""

    model_config = ConfigDict(frozen=True)

    title: str
    class_names: tuple[str, ...]
    checksum: str
    frame: Frame

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the network's images."""
        return self.frame.height, self.frame.width, self.frame.channels


class RunRecord(RunConfig):
    """``config.json``: what was asked, on which data, with which versions.

    Never changed after the run's creation but for ``training.continuations``: epochs that were added to it.
    """

    format: int = FORMAT
    created: float = Field(ge=0, le=2**40, description="seconds since 1970")
    data: DataFacts
    versions: dict[str, str]


def new_record(config: RunConfig, card: DatasetCard) -> RunRecord:
    """The record of a run that is created now."""
    return RunRecord(
        **config.model_dump(),
        created=time.time(),
        data=DataFacts(title=card.title, class_names=card.class_names, checksum=card.checksum, frame=card.frame),
        versions=installed_versions(),
    )


def installed_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide a result."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


class RunStatus(BaseModel):
    """``status.json``: where a run stands.

    Attributes:
        heartbeat: When the worker last said that it lives, seconds since 1970.
        phase: What the worker is doing.
        epoch: The epoch under way, counted from 1; 0 before the first.
        epochs: As asked.
        share: Of a download, or of asking teachers, what is done, in [0, 1]; ``None`` before.
        queued: When it was queued, seconds since 1970; a run that goes on after its end is queued anew.
        started: When the worker got its turn; ``None`` while it has none (queued, paused).
        earlier_seconds: Of the training before ``started``: before a pause, or before the run was queued anew.
        ended: When the run ended, however it did.
        train_count: Images learned from in an epoch; 0 before they are read.
        precision: What the training computes in; ``None`` before it began, and in runs of older versions.
        is_lost: Whether it counts as failed only because its worker fell silent. Never stored: a heartbeat ends it.
        error: Why it failed and what to do, for a person.
    """

    model_config = ConfigDict(frozen=True)

    state: State
    heartbeat: float
    phase: Phase = "waiting"
    epoch: int = 0
    epochs: int
    share: float | None = None
    queued: float | None = None
    started: float | None = None
    earlier_seconds: float = 0.0
    ended: float | None = None
    error: str | None = None
    train_count: int = 0
    precision: Precision | None = None
    is_lost: bool = Field(default=False, exclude=True)

    def seen_at(self, now: float) -> RunStatus:
        """What it means at a time, in seconds since 1970: an active run whose worker fell silent counts as failed."""
        silence = now - self.heartbeat
        if not self.is_active or silence <= LOST_AFTER_SECONDS:
            return self
        error = _DIED.format(silence=silence)
        return self.model_copy(update={"state": "failed", "phase": "done", "error": error, "is_lost": True})

    @property
    def is_active(self) -> bool:
        """Whether a worker has, or will have, something to do for this run."""
        return self.state in ACTIVE

    @property
    def can_be_stopped(self) -> bool:
        """Whether the worker still looks for a request to stop: while it reads the test images it does not."""
        return self.is_active and self.phase != "evaluating"

    @property
    def can_be_paused(self) -> bool:
        """Whether the worker looks for a request to pause, or to go on: between the first step and the last."""
        return self.is_active and self.state != "queued" and self.phase == "training"

    @property
    def seconds(self) -> float | None:
        """Of the training so far, without its pauses, up to the end or the last heartbeat; ``None`` before it."""
        if self.started is None:
            return self.earlier_seconds or None
        return self.earlier_seconds + (self.ended or self.heartbeat) - self.started
