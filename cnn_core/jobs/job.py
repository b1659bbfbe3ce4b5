"""One piece of work in the background, as its process writes it and pages read it.

It is a directory, and everything about it is read when asked for.

    .jobs/<kind>-<key>-<when>/
      request.json       what is to be done
      status.json        state and heartbeat of the process
      result.json        what came out; larger things lie in files beside it
      cancel             somebody wants it no longer
      log.txt            what the process printed
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cnn_core.errors import RunError
from cnn_core.runs.files import storage_errors, whole_lines, write_atomically
from cnn_core.runs.record import LOST_AFTER_SECONDS

JobState = Literal["working", "done", "failed", "cancelled"]

REQUEST, LOG = "request.json", "log.txt"
_STATUS, _RESULT, _CANCEL = "status.json", "result.json", "cancel"

_DIED = (
    "Its process has not been heard of for {silence:.0f} s: it was killed, ran out of memory, or the machine was "
    "switched off. Start it again."
)

M = TypeVar("M", bound=BaseModel)


class JobRequest(BaseModel):
    """``request.json``.

    Attributes:
        kind: What is to be done, such as "duplicates".
        key: To what: two requests of the same kind and key want the same result.
        settings: What the work needs to know, as JSON.
        created: Seconds since 1970.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    key: str
    settings: dict[str, Any]
    created: float


class JobStatus(BaseModel):
    """``status.json``.

    Attributes:
        heartbeat: When the process last said that it lives, seconds since 1970.
        share: Of the work that is done, in [0, 1].
        doing: What it does at the moment, for a person.
        error: Why it failed and what to do, for a person.
    """

    model_config = ConfigDict(frozen=True)

    state: JobState = "working"
    heartbeat: float
    share: float = 0.0
    doing: str = ""
    error: str | None = None


@dataclass(frozen=True)
class Job:
    """A piece of work, by its directory. Everything is read when asked for."""

    path: Path

    def status(self) -> JobStatus:
        """Where the work stands.

        One whose process fell silent, or whose files are damaged, is ``failed``, and its ``error`` says so.
        """
        try:
            status = self.read(_STATUS, JobStatus)
        except RunError as error:
            return JobStatus(state="failed", heartbeat=self.last_written(), error=str(error))
        if status.state == "done":
            return self._of_a_result(status)
        if status.state != "working":
            return status
        if self.is_cancelled:
            return status.model_copy(update={"state": "cancelled"})
        silence = time.time() - status.heartbeat
        if silence > LOST_AFTER_SECONDS:
            return status.model_copy(update={"state": "failed", "error": _DIED.format(silence=silence)})
        return status

    @property
    def state(self) -> JobState:
        """Where the work stands."""
        return self.status().state

    @property
    def error(self) -> str | None:
        """Why it failed and what to do; ``None`` unless it failed."""
        return self.status().error

    @property
    def is_active(self) -> bool:
        """Whether it is under way."""
        return self.state == "working"

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it no longer."""
        return (self.path / _CANCEL).exists()

    def job_request(self) -> JobRequest:
        """What is to be done.

        Raises:
            RunError: The file is missing or damaged.
        """
        return self.read(REQUEST, JobRequest)

    def read_result(self, parsed: type[M]) -> M:
        """What came out.

        Raises:
            RunError: There is none yet, or it cannot be read.
        """
        return self.read(_RESULT, parsed)

    def has_result(self) -> bool:
        """Whether a result is there that can be read."""
        return (self.path / _RESULT).is_file()

    def log(self) -> str:
        """What the process printed."""
        return "\n".join(whole_lines(self.path / LOG))

    def cancel(self) -> bool:
        """End the work; its process is gone within seconds. Nothing happens to one that has ended.

        Returns:
            Whether it was under way.

        Raises:
            StorageError: Its directory cannot be written.
        """
        if not self.is_active:
            return False
        with storage_errors(self.path / _CANCEL):
            (self.path / _CANCEL).touch()
        return True

    def last_written(self) -> float:
        """When a file of it was last written, seconds since 1970; where there is none, when it was begun, 0: gone."""
        written: list[float] = []
        # What is listed may be gone when it is looked at: the process writes through temporary files.
        with contextlib.suppress(OSError):
            for entry in self.path.iterdir():
                with contextlib.suppress(OSError):
                    written.append(entry.stat().st_mtime)
            # Nothing lies in it yet while somebody looks at what they have named.
            written = written or [self.path.stat().st_mtime]
        return max(written, default=0.0)

    def write_status(self, status: JobStatus) -> None:
        """Say where it stands; for the process that works.

        Raises:
            StorageError: The directory cannot be written, as when it was cleaned away.
        """
        write_atomically(self.path / _STATUS, status.model_dump_json().encode())

    def write_result(self, result: BaseModel) -> None:
        """Keep what came out; for the process that works."""
        write_atomically(self.path / _RESULT, result.model_dump_json().encode())

    def read(self, name: str, parsed: type[M]) -> M:
        """Read one of its files.

        Raises:
            RunError: It is missing or damaged.
        """
        try:
            return parsed.model_validate_json((self.path / name).read_bytes())
        except (OSError, ValidationError) as error:
            raise RunError(
                f"What was done in '{self.path}' cannot be read ('{name}' is missing or damaged). Start it again."
            ) from error

    def _of_a_result(self, status: JobStatus) -> JobStatus:
        """The status of work that says that it is done; without its result it is not."""
        if self.has_result():
            return status
        error = f"The result in '{self.path}' is missing. Start it again."
        return status.model_copy(update={"state": "failed", "error": error})
