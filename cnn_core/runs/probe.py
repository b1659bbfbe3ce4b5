"""One measurement, as its process writes it and pages read it.

It is a directory, and everything about it is read when asked for.

    .probes/<kind>-<key>-<when>/
      request.json       what is measured, on which configuration
      status.json        state and heartbeat of the process
      result.json        what was measured
      cancel             somebody wants it no longer
      log.txt            what the process printed
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cnn_core.config import RunConfig
from cnn_core.errors import RunError
from cnn_core.runs.files import storage_errors, whole_lines, write_atomically
from cnn_core.runs.measurements import Price, PriceMeasurement, RateRange, price_of
from cnn_core.runs.probe_key import ProbeKind
from cnn_core.runs.record import LOST_AFTER_SECONDS

ProbeState = Literal["measuring", "done", "failed", "cancelled"]

REQUEST, LOG = "request.json", "log.txt"
_STATUS, _RESULT, _CANCEL = "status.json", "result.json", "cancel"

_DIED = (
    "The measuring process has not been heard of for {silence:.0f} s: it was killed, ran out of memory, or the machine "
    "was switched off. Measure again."
)

M = TypeVar("M", bound=BaseModel)


class ProbeRequest(BaseModel):
    """``request.json``. ``created``: seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    kind: ProbeKind
    config: RunConfig
    created: float


class ProbeStatus(BaseModel):
    """``status.json``.

    Attributes:
        heartbeat: When the process last said that it lives, seconds since 1970.
        share: Of the measurement that is done, in [0, 1].
        error: Why it failed and what to do, for a person.
    """

    model_config = ConfigDict(frozen=True)

    state: ProbeState = "measuring"
    heartbeat: float
    share: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Probe:
    """A measurement, by its directory. Everything is read when asked for.

    Attributes:
        config: What a result is to be told for: it may differ from what was measured in settings that do not matter.
    """

    path: Path
    config: RunConfig

    def request(self) -> ProbeRequest:
        """What is measured.

        Raises:
            RunError: The file is missing or damaged.
        """
        return self._read(REQUEST, ProbeRequest)

    def status(self) -> ProbeStatus:
        """Where the measurement stands.

        One whose process fell silent, or whose files are damaged, is ``failed``, and its ``error`` says so.
        """
        try:
            status = self._read(_STATUS, ProbeStatus)
        except RunError as error:
            return ProbeStatus(state="failed", heartbeat=self.last_written(), error=str(error))
        if status.state == "done":
            return self._of_a_result(status)
        if status.state != "measuring":
            return status
        if self.is_cancelled:
            return status.model_copy(update={"state": "cancelled"})
        silence = time.time() - status.heartbeat
        if silence > LOST_AFTER_SECONDS:
            return status.model_copy(update={"state": "failed", "error": _DIED.format(silence=silence)})
        return status

    @property
    def state(self) -> ProbeState:
        """Where the measurement stands."""
        return self.status().state

    @property
    def error(self) -> str | None:
        """Why it failed and what to do; ``None`` unless it failed."""
        return self.status().error

    @property
    def is_active(self) -> bool:
        """Whether it is under way."""
        return self.state == "measuring"

    def price(self) -> Price:
        """The result of a probe of kind "price", for this probe's configuration.

        Raises:
            RunError: There is none yet, or it cannot be read.
        """
        return price_of(self._read(_RESULT, PriceMeasurement), self.config)

    def rate_range(self) -> RateRange:
        """The result of a probe of kind "rate-range".

        Raises:
            RunError: There is none yet, or it cannot be read.
        """
        return self._read(_RESULT, RateRange)

    def result(self) -> Price | RateRange:
        """What was measured, by kind; as :meth:`price` or :meth:`rate_range`."""
        return self.price() if self.request().kind == "price" else self.rate_range()

    def log(self) -> str:
        """What the process printed."""
        return "\n".join(whole_lines(self.path / LOG))

    def cancel(self) -> None:
        """End the measurement; its process is gone within a second. Nothing happens to one that has ended.

        Raises:
            StorageError: Its directory cannot be written.
        """
        if self.is_active:
            with storage_errors(self.path / _CANCEL):
                (self.path / _CANCEL).touch()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody wants it no longer."""
        return (self.path / _CANCEL).exists()

    def last_written(self) -> float:
        """When a file of it was last written, seconds since 1970; 0 where there is none."""
        written = [0.0]
        # What is listed may be gone when it is looked at: the process writes through temporary files.
        with contextlib.suppress(OSError):
            for entry in self.path.iterdir():
                with contextlib.suppress(OSError):
                    written.append(entry.stat().st_mtime)
        return max(written)

    def write_status(self, status: ProbeStatus) -> None:
        """Say where it stands; for the process that measures.

        Raises:
            StorageError: The directory cannot be written, as when it was cleaned away.
        """
        write_atomically(self.path / _STATUS, status.model_dump_json().encode())

    def write_result(self, result: PriceMeasurement | RateRange) -> None:
        """Keep what was measured; for the process that measures."""
        write_atomically(self.path / _RESULT, result.model_dump_json().encode())

    def _of_a_result(self, status: ProbeStatus) -> ProbeStatus:
        """The status of a measurement that says that it is done; without its result it is not."""
        try:
            self.result()
        except RunError as error:
            return status.model_copy(update={"state": "failed", "error": str(error)})
        return status

    def _read(self, name: str, parsed: type[M]) -> M:
        try:
            return parsed.model_validate_json((self.path / name).read_bytes())
        except (OSError, ValidationError) as error:
            raise RunError(
                f"The measurement in '{self.path}' cannot be read ('{name}' is missing or damaged). Measure again."
            ) from error


def open_probe(path: Path) -> Probe:
    """The probe of a directory, for the process that measures.

    Raises:
        RunError: The directory holds no request that can be read.
    """
    try:
        request = ProbeRequest.model_validate_json((path / REQUEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"'{path}' asks for no measurement ('{REQUEST}' is missing or damaged).") from error
    return Probe(path, request.config)
