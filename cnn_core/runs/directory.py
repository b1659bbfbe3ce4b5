"""The run directory: the one place that knows its file names. This side reads; :mod:`cnn_core.runs.writer` writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from pydantic import ValidationError

from cnn_core.errors import RunError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report, StoredReport
from cnn_core.runs.events import Event, parse_events
from cnn_core.runs.files import format_of, whole_lines, write_atomically
from cnn_core.runs.history import history_table
from cnn_core.runs.notes import Notes, parse_notes
from cnn_core.runs.predictions_file import unpack_predictions
from cnn_core.runs.record import FORMAT, RunRecord, RunStatus
from cnn_core.runs.reports import ReportSources, current_report, unpack_report
from cnn_core.runs.requests import RunRequests
from cnn_core.runs.samples import Samples, unpack_samples
from cnn_core.runs.steps import parse_steps, steps_table
from cnn_core.runs.teachers_file import unpack_probabilities

CONFIG = "config.json"
STATUS = "status.json"
HISTORY = "history.csv"
STEPS = "steps.jsonl"
EVENTS = "events.jsonl"
NOTES = "notes.json"
REQUESTS = "requests"
CHECKPOINT = "checkpoint"
SNAPSHOTS = "snapshots"
SAMPLES = "samples.npz"
TEACHERS = "teachers.npy"
MODEL = "model.keras"
PREDICTIONS = "predictions.npz"
REPORT = "report.json"
OUTLIERS = "outliers.npz"
ADAPTATION = "adaptation.npz"
LOG = "log.txt"

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
        return self._read(STATUS, RunStatus.model_validate_json).seen_at(time.time())

    def history(self) -> pd.DataFrame:
        """A row a finished epoch, as :func:`cnn_core.runs.history.history_table`; none before the first."""
        try:
            return history_table(whole_lines(self.path / HISTORY))
        except ValueError as error:
            raise self._damaged(HISTORY, str(error)) from error

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

    @property
    def adapted_ns(self) -> int:
        """When it was taught people's pictures last, in nanoseconds; 0: never."""
        return _written_ns(self.path / ADAPTATION)

    def model_path(self) -> Path:
        """The saved network.

        Raises:
            RunError: The run has none.
        """
        return self._require(MODEL, "network")

    def check_is_final(self, what: str) -> None:
        """Refuse to take from a run what may still change: its network is there, and no worker will touch it.

        Args:
            what: What is to be taken, for the message.

        Raises:
            RunError: It is under way, or has no network.
        """
        status = self.status()
        if status.is_active:
            raise RunError(
                f"Run '{self.id}' is {status.state}: its {what} are not final. Wait until it has ended, or choose "
                "another run."
            )
        self.model_path()

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

    def teacher_probabilities(self) -> np.ndarray:
        """What its teachers said of the images that it learns from: (N, classes) float32, each row sums to 1.

        Raises:
            RunError: They were not asked yet, or the file is missing or damaged.
        """
        try:
            content = (self.path / TEACHERS).read_bytes()
            return unpack_probabilities(content, len(self.record().data.class_names))
        except (OSError, ValueError) as error:
            raise RunError(
                f"What the teachers of run '{self.id}' said cannot be read: '{TEACHERS}' is damaged or missing "
                f"({error}). Restore the file, or clone the run: the clone asks its teachers anew."
            ) from error

    @property
    def has_checkpoint(self) -> bool:
        """Whether a training can go on from where it was."""
        return any((self.path / CHECKPOINT).glob("[0-9]*.npz"))

    @property
    def requests(self) -> RunRequests:
        """What is asked of the run's worker."""
        return RunRequests(self, self.path / REQUESTS)

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
