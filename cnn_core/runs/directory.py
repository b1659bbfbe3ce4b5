"""The run directory: the one place that knows its file names. This side reads; :mod:`cnn_core.runs.writer` writes."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from pydantic import ValidationError

from cnn_core.errors import RunError
from cnn_core.evaluation.examples import Predictions
from cnn_core.evaluation.report import Report
from cnn_core.runs.files import storage_errors, whole_lines
from cnn_core.runs.record import FORMAT, LOST_AFTER_SECONDS, RunRecord, RunStatus

CONFIG = "config.json"
STATUS = "status.json"
HISTORY = "history.csv"
STEPS = "steps.jsonl"
REQUESTS = "requests"
STOP = "stop"
MODEL = "model.keras"
PREDICTIONS = "predictions.npz"
REPORT = "report.json"
LOG = "log.txt"

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
STEP_COLUMNS = ("epoch", "step", "steps", "loss", "accuracy", "seconds")

_DIED = (
    "The training process has not been heard of for {silence:.0f} s: it was killed, ran out of memory, or the machine "
    "was switched off. What it had finished is kept. Start it again on the Train page; the end of log.txt may say more."
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
        """The evaluation on the test images.

        Raises:
            RunError: The run has none yet, or the file is damaged.
        """
        self._require(REPORT, "evaluation")
        return self._read(REPORT, Report.model_validate_json)

    def predictions(self) -> Predictions:
        """The network's answers for the test images.

        Raises:
            RunError: The run has none yet, or the file is damaged.
        """
        path = self._require(PREDICTIONS, "predictions")
        class_count = len(self.record().data.class_names)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                labels, logits = arrays["labels"].astype(np.int64), arrays["logits"].astype(np.float32)
        except Exception as error:  # NumPy, zipfile and zlib raise whatever they stumble on.
            raise self._damaged(PREDICTIONS, str(error)) from error
        is_fitting = labels.ndim == 1 and logits.shape == (len(labels), class_count) and np.isfinite(logits).all()
        if not is_fitting or not ((labels >= 0) & (labels < class_count)).all():
            why = f"labels {labels.shape} and logits {logits.shape} do not fit {class_count} classes"
            raise self._damaged(PREDICTIONS, why)
        return Predictions(labels, logits)

    @property
    def has_model(self) -> bool:
        """Whether there is a network to ask."""
        return (self.path / MODEL).is_file()

    @property
    def has_report(self) -> bool:
        """Whether it was evaluated on the test images."""
        return (self.path / REPORT).is_file()

    def model_path(self) -> Path:
        """The saved network.

        Raises:
            RunError: The run has none.
        """
        return self._require(MODEL, "network")

    def log(self) -> str:
        """What the worker printed; empty if it printed nothing."""
        return "\n".join(whole_lines(self.path / LOG))

    def request_stop(self) -> None:
        """Ask the worker to stop after the batch under way; it keeps the best epoch so far and evaluates it.

        Raises:
            StorageError: The run's directory cannot be written.
        """
        request = self.path / REQUESTS / STOP
        with storage_errors(request):
            request.parent.mkdir(exist_ok=True)
            request.touch()

    @property
    def is_stop_requested(self) -> bool:
        """Whether somebody asked the run to stop."""
        return (self.path / REQUESTS / STOP).exists()

    def _require(self, name: str, what: str) -> Path:
        path = self.path / name
        if path.is_file():
            return path
        status = self.status()
        if status.is_active:
            raise RunError(f"Run '{self.id}' has no {what} yet: it is {status.state}. Wait until it has finished.")
        raise RunError(
            f"Run '{self.id}' has no {what}: it ended as '{status.state}' in epoch {status.epoch}, before there was "
            "one. Start it again on the Train page, or choose another run."
        )

    def _read(self, name: str, parse: Callable[[bytes], T]) -> T:
        path = self.path / name
        try:
            content = path.read_bytes()
            return parse(content)
        except OSError as error:
            raise self._damaged(name, error.strerror or str(error)) from error
        except ValidationError as error:
            if name == CONFIG and (found := _format_of(content)) != FORMAT:
                raise self._of_another_version(found) from error
            raise self._damaged(name, f"{error.error_count()} entries are not as expected") from error

    def _of_another_version(self, found: object) -> RunError:
        return RunError(
            f"Run '{self.id}' was written by another version of CNN Lab (format {found}, this one reads {FORMAT}). "
            f"Open it with that version, or move '{self.path}' elsewhere."
        )

    def _damaged(self, name: str, why: str) -> RunError:
        return RunError(
            f"Run '{self.id}' is damaged: '{name}' cannot be read ({why}). Restore the file, or delete the folder "
            f"'{self.path}'; the other runs are not affected."
        )


def parse_steps(lines: Iterable[str]) -> list[tuple[float, ...]]:
    """The rows of some lines of ``steps.jsonl``, in the order of :data:`STEP_COLUMNS`; damaged lines are left out."""
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
            values = tuple(float(row[name]) for name in STEP_COLUMNS)
        except (ValueError, KeyError, TypeError):
            continue
        if all(map(math.isfinite, values)) and row["steps"] >= 1:
            rows.append(values)
    return rows


def steps_table(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    """Rows of :func:`parse_steps` as a table with the columns of :data:`STEP_COLUMNS`."""
    return pd.DataFrame(np.array(rows, np.float64).reshape(-1, len(STEP_COLUMNS)), columns=list(STEP_COLUMNS))


def _format_of(content: bytes) -> object:
    try:
        return json.loads(content).get("format", FORMAT)
    except (ValueError, AttributeError):
        return FORMAT
