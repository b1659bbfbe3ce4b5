"""The run directory: the one place that knows its file names. This side reads; :mod:`cnn_core.runs.writer` writes."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
from pydantic import ValidationError

from cnn_core.errors import RunError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report, StoredReport
from cnn_core.runs.events import Event, parse_events
from cnn_core.runs.files import format_of, whole_lines, write_atomically
from cnn_core.runs.notes import Notes, parse_notes
from cnn_core.runs.predictions_file import unpack_predictions
from cnn_core.runs.record import FORMAT, LOST_AFTER_SECONDS, RunRecord, RunStatus
from cnn_core.runs.reports import ReportSources, current_report, unpack_report
from cnn_core.runs.requests import PAUSE, STOP, RequestFiles
from cnn_core.runs.samples import Samples, unpack_samples
from cnn_core.runs.steps import parse_steps, steps_table

CONFIG = "config.json"
STATUS = "status.json"
HISTORY = "history.csv"
STEPS = "steps.jsonl"
EVENTS = "events.jsonl"
NOTES = "notes.json"
REQUESTS = "requests"
CHECKPOINT = "checkpoint"
SAMPLES = "samples.npz"
MODEL = "model.keras"
PREDICTIONS = "predictions.npz"
REPORT = "report.json"
LOG = "log.txt"

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")

_DIED = (
    "The training process has not been heard of for {silence:.0f} s: it was killed, ran out of memory, or the machine "
    "was switched off. What it had finished is kept: resume the run to go on from there. log.txt may say more."
)

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """A run, by its directory. Everything is read when asked for: the worker may be writing at this moment."""

    path: Path

    @property
    def id(self) -> str:
        """Name of the directory, and the run's name in links and on the command line."""
        return self.path.name

    def record(self) -> RunRecord:
        """What was asked.

        Raises:
            RunError: ``config.json`` is missing, damaged, or of another version.
        """
        record = self._read(CONFIG, RunRecord.model_validate_json)
        if record.format != FORMAT:
            raise self._of_another_version(record.format)
        return record

    def status(self) -> RunStatus:
        """Where the run stands. A run whose worker fell silent is ``failed``, and its ``error`` says so.

        Raises:
            RunError: ``status.json`` is missing or damaged.
        """
        status = self._read(STATUS, RunStatus.model_validate_json)
        silence = time.time() - status.heartbeat
        if status.is_active and silence > LOST_AFTER_SECONDS:
            error = _DIED.format(silence=silence)
            return status.model_copy(update={"state": "failed", "phase": "done", "error": error, "is_lost": True})
        return status

    def history(self) -> pd.DataFrame:
        """A row a finished epoch, with the columns of :data:`HISTORY_COLUMNS`; empty before the first."""
        lines = whole_lines(self.path / HISTORY)
        if not lines:
            return pd.DataFrame(columns=list(HISTORY_COLUMNS), dtype=float)
        try:
            table = pd.read_csv(io.StringIO("\n".join(lines)), on_bad_lines="skip", quoting=csv.QUOTE_NONE)
        except ValueError as error:
            raise self._damaged(HISTORY, str(error)) from error
        if set(HISTORY_COLUMNS) - set(table.columns):
            raise self._damaged(HISTORY, "its columns are not those of this version")
        numbers: pd.DataFrame = table.apply(pd.to_numeric, errors="coerce").dropna(subset=["epoch"])
        return numbers

    def steps(self) -> pd.DataFrame:
        """Progress within the epochs, oldest first, with the columns of :data:`STEP_COLUMNS`.

        ``loss`` and ``accuracy`` are means over the steps since the row before; ``seconds`` count from the start.
        Who asks again and again uses :class:`cnn_core.runs.follow.StepsFollower`.
        """
        return steps_table(parse_steps(whole_lines(self.path / STEPS)))

    def report(self) -> Report:
        """The evaluation on the test images, as :func:`cnn_core.runs.reports.current_report`.

        Raises:
            RunError: The run has none yet, or the file is damaged; or it is of an older version, and the predictions
                are missing or damaged.
        """
        return current_report(self, *self._report_file())

    def stored_report(self) -> StoredReport:
        """The evaluation as the version that made it wrote it: what all versions say. Costs less than the whole.

        Raises:
            RunError: The run has none yet, or the file is damaged.
        """
        return self._report_file()[0]

    def report_sources(self) -> ReportSources:
        """Of which answers and which network the evaluation is. Errors as :meth:`stored_report`."""
        return self._report_file()[1]

    def _report_file(self) -> tuple[StoredReport, ReportSources]:
        self._require(REPORT, "evaluation")
        stored, sources = self._read(REPORT, unpack_report)
        if stored.class_names != self.record().data.class_names:
            raise self._damaged(REPORT, "its classes are not those of the run")
        return stored, sources

    def predictions(self) -> Predictions:
        """The network's answers for the test images, and for the validation images where they were kept.

        Raises:
            RunError: The run has none yet, or the file is damaged.
        """
        path = self.predictions_path()
        class_count = len(self.record().data.class_names)
        try:
            return unpack_predictions(path.read_bytes(), class_count)
        except (OSError, ValueError) as error:
            raise self._damaged(PREDICTIONS, str(error)) from error

    def predictions_path(self) -> Path:
        """The file of the answers.

        Raises:
            RunError: The run has none.
        """
        return self._require(PREDICTIONS, "predictions")

    @property
    def has_model(self) -> bool:
        """Whether there is a network to ask."""
        return (self.path / MODEL).is_file()

    @property
    def has_report(self) -> bool:
        """Whether it was evaluated on the test images."""
        return (self.path / REPORT).is_file()

    @property
    def evaluated_ns(self) -> int:
        """When it was evaluated last, in nanoseconds; 0: never. It tells one evaluation from the next."""
        return _written_ns(self.path / PREDICTIONS)

    @property
    def reported_ns(self) -> int:
        """When its report was written last, in nanoseconds; 0: never."""
        return _written_ns(self.path / REPORT)

    def model_path(self) -> Path:
        """The saved network.

        Raises:
            RunError: The run has none.
        """
        return self._require(MODEL, "network")

    def log(self) -> str:
        """What the worker printed; empty if it printed nothing."""
        return "\n".join(whole_lines(self.path / LOG))

    def events(self) -> list[Event]:
        """What happened to it beside its training, oldest first."""
        return parse_events(whole_lines(self.path / EVENTS))

    def notes(self) -> Notes:
        """Its name and what a person wrote about it; empty where nobody did."""
        path = self.path / NOTES
        return parse_notes(path.read_bytes()) if path.is_file() else Notes()

    def save_notes(self, notes: Notes) -> None:
        """Replace the name and the notes.

        Raises:
            StorageError: The run's directory cannot be written.
        """
        write_atomically(self.path / NOTES, notes.model_dump_json(indent=1).encode())

    def samples(self) -> Samples | None:
        """A few watched images with the answers of the last epoch; ``None`` where there are none, or damaged ones."""
        try:
            return unpack_samples((self.path / SAMPLES).read_bytes())
        except OSError:
            return None

    @property
    def has_checkpoint(self) -> bool:
        """Whether a training can go on from where it was."""
        return any((self.path / CHECKPOINT).glob("[0-9]*.npz"))

    def request_stop(self) -> None:
        """Ask the worker to stop after the batch under way; it keeps the best epoch so far and evaluates it.

        Raises:
            RunError: The run is not active any more.
            StorageError: The run's directory cannot be written.
        """
        self._require_active("stopped")
        self._requests.make(STOP)

    def request_pause(self) -> None:
        """Ask the worker to pause after the batch under way. A run that is still queued has nothing to pause.

        Errors as :meth:`request_stop`.
        """
        if self._require_active("paused").state == "queued":
            raise RunError(
                f"Run '{self.id}' cannot be paused: it waits in the queue and does not train yet. Move it in the "
                "queue, or cancel it."
            )
        self._requests.make(PAUSE)

    def request_resume(self) -> None:
        """Take a request to pause back. Errors as :meth:`request_stop`."""
        self._require_active("resumed")
        self._requests.take_back(PAUSE)

    def request_learning_rate(self, rate: float) -> None:
        """Ask the worker for another learning rate. Errors as :meth:`request_stop`.

        Raises:
            ConfigError: The rate is not among those that a run can be given.
        """
        self._require_active("given another learning rate")
        self._requests.ask_learning_rate(rate)

    @property
    def is_stop_requested(self) -> bool:
        """Whether somebody asked the run to stop."""
        return self._requests.has(STOP)

    @property
    def is_pause_requested(self) -> bool:
        """Whether somebody asked the run to pause, and nobody took it back."""
        return self._requests.has(PAUSE)

    def take_learning_rate(self) -> float | None:
        """The learning rate asked for since the last call, if any; for the worker alone."""
        return self._requests.take_learning_rate()

    def forget_requests(self) -> None:
        """Drop all requests: they were meant for a worker that is no more."""
        self._requests.clear()

    @property
    def _requests(self) -> RequestFiles:
        return RequestFiles(self.path / REQUESTS)

    def _require_active(self, done: str) -> RunStatus:
        status = self.status()
        if status.is_active:
            return status
        if status.is_lost:
            why = "its worker has not been heard of for a while"
        else:
            why = {"finished": "it has finished", "stopped": "it was stopped", "failed": "it failed"}[status.state]
        raise RunError(f"Run '{self.id}' cannot be {done}: {why}. Reload the page to see what it has.")

    def _require(self, name: str, what: str) -> Path:
        path = self.path / name
        if path.is_file():
            return path
        status = self.status()
        if status.is_active:
            raise RunError(f"Run '{self.id}' has no {what} yet: it is {status.state}. Wait until it has finished.")
        if name in (REPORT, PREDICTIONS) and self.has_model:
            raise RunError(f"Run '{self.id}' has a network but no {what}. {self._evaluate_anew()}")
        raise RunError(
            f"Run '{self.id}' has no {what}: it ended as '{status.state}' in epoch {status.epoch}, before there was "
            "one. Resume it on the Runs page, or choose another run."
        )

    def _read(self, name: str, parse: Callable[[bytes], T]) -> T:
        path = self.path / name
        try:
            content = path.read_bytes()
            return parse(content)
        except OSError as error:
            if not self.path.is_dir():
                raise RunError(f"Run '{self.id}' is no longer there: its folder was deleted or moved.") from error
            raise self._damaged(name, error.strerror or str(error)) from error
        except ValidationError as error:
            if name == CONFIG and (found := format_of(content, FORMAT)) != FORMAT:
                raise self._of_another_version(found) from error
            raise self._damaged(name, f"{error.error_count()} entries are not as expected") from error

    def _of_another_version(self, found: object) -> RunError:
        return RunError(
            f"Run '{self.id}' was written by another version of CNN Lab (format {found}, this one reads {FORMAT}). "
            f"Open it with that version, or move '{self.path}' elsewhere."
        )

    def _damaged(self, name: str, why: str) -> RunError:
        told = f"Run '{self.id}' is damaged: '{name}' cannot be read ({why})."
        if name in (REPORT, PREDICTIONS) and self.has_model:
            return RunError(f"{told} {self._evaluate_anew()}")
        return RunError(
            f"{told} Restore the file, or delete the folder '{self.path}'; the other runs are not affected."
        )

    def _evaluate_anew(self) -> str:
        return f"Evaluate it now on the Evaluate page, or with `python -m cnn_core evaluate {self.id} --renew`."


def _written_ns(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0
