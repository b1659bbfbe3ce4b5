"""Measurements in the background: what a run will cost, which learning rate suits it.

A probe is a directory, as a run is: a process of its own writes it, pages read it, so it survives a reload and is
found by another tab. It lies in the hidden folder ``.probes`` among the runs.

    .probes/<kind>-<key>-<when>/
      request.json       what is measured, on which configuration
      status.json        state and heartbeat of the process
      result.json        what was measured
      cancel             somebody wants it no longer
      log.txt            what the process printed
"""

from __future__ import annotations

import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from cnn_core.config import RunConfig
from cnn_core.errors import RunError
from cnn_core.runs.files import storage_errors, whole_lines, write_atomically
from cnn_core.runs.launcher import start_process
from cnn_core.runs.measurements import Price, PriceMeasurement, RateRange, price_of
from cnn_core.runs.probe_key import ProbeKind, probe_key
from cnn_core.runs.record import LOST_AFTER_SECONDS
from cnn_core.runs.store import runs_folder

ProbeState = Literal["measuring", "done", "failed", "cancelled"]

_REQUEST, _STATUS, _RESULT, _CANCEL, _LOG = "request.json", "status.json", "result.json", "cancel", "log.txt"
# A measurement tells of the machine as it was; after a day it may be another machine.
KEPT_SECONDS = 24 * 3600.0
# The folder does not grow without end, however much is tried in a day.
MOST_KEPT = 60

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
        return self._read(_REQUEST, ProbeRequest)

    def status(self) -> ProbeStatus:
        """Where the measurement stands.

        One whose process fell silent, or whose files are damaged, is ``failed``, and its ``error`` says so.
        """
        try:
            status = self._read(_STATUS, ProbeStatus)
        except RunError as error:
            return ProbeStatus(state="failed", heartbeat=0.0, error=str(error))
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
        return "\n".join(whole_lines(self.path / _LOG))

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


def probes_folder() -> Path:
    """Where the measurements lie."""
    return runs_folder() / ".probes"


def find_probe(kind: ProbeKind, config: RunConfig) -> Probe | None:
    """The last measurement for such a configuration, under way, done or failed; ``None``: there is none.

    Two configurations that differ only in what does not influence the measurement share it
    (:mod:`cnn_core.runs.probe_key`). One that was cancelled, or is more than a day old, is as if it had not been.
    """
    name = f"{kind}-{probe_key(kind, config)}-"
    try:
        paths = sorted((path for path in probes_folder().glob(f"{name}*") if path.is_dir()), reverse=True)
    except OSError:
        return None
    for path in paths:
        probe = Probe(path, config)
        status = probe.status()
        is_recent = status.state == "failed" or time.time() - status.heartbeat < KEPT_SECONDS
        if status.state != "cancelled" and is_recent:
            return probe
    return None


def open_probe(path: Path) -> Probe:
    """The probe of a directory, for the process that measures.

    Raises:
        RunError: The directory holds no request that can be read.
    """
    try:
        request = ProbeRequest.model_validate_json((path / _REQUEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"'{path}' asks for no measurement ('{_REQUEST}' is missing or damaged).") from error
    return Probe(path, request.config)


def start_probe(kind: ProbeKind, config: RunConfig, *, again: bool = False) -> Probe:
    """Measure in the background, or join the measurement under way.

    Two people who press the button at once get one measurement.

    Args:
        kind: "price" or "rate-range".
        config: What would be trained.
        again: Measure anew even where there is a result.

    Raises:
        StorageError: The folder of the runs cannot be written.
    """
    folder = probes_folder()
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            found = find_probe(kind, config)
            if found is not None:
                state = found.state
                if state == "measuring" or (state == "done" and not again):
                    return found
            _clean_up(folder, config)
            return _start(folder, kind, config)


def _start(folder: Path, kind: ProbeKind, config: RunConfig) -> Probe:
    now = time.time()
    plain = RunConfig(**{name: getattr(config, name) for name in RunConfig.model_fields})
    path = folder / f"{kind}-{probe_key(kind, config)}-{now:.3f}-{secrets.token_hex(2)}"
    path.mkdir()
    probe = Probe(path, plain)
    request = ProbeRequest(kind=kind, config=plain, created=now)
    write_atomically(path / _REQUEST, request.model_dump_json(indent=1).encode())
    probe.write_status(ProbeStatus(heartbeat=now))
    start_process(["probe", str(path)], path / _LOG)
    return probe


def _clean_up(folder: Path, config: RunConfig) -> None:
    """Delete what is old, cancelled, or more than can be of use; never what is under way."""
    ended = []
    for path in folder.iterdir():
        if not path.is_dir():
            continue
        written = max((entry.stat().st_mtime for entry in path.glob("*")), default=0.0)
        age = time.time() - written
        state = Probe(path, config).state if age < KEPT_SECONDS else "cancelled"
        if state == "measuring":
            continue
        # A process that was just told to end must find the word that tells it.
        if age > KEPT_SECONDS or (state == "cancelled" and age > LOST_AFTER_SECONDS):
            shutil.rmtree(path, ignore_errors=True)
        else:
            ended.append((age, path))
    for _, path in sorted(ended)[MOST_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
