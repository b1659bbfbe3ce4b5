"""The worker's side of the run directory: status and heartbeat, history, steps, the model, the evaluation."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from cnn_core.errors import StorageError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report
from cnn_core.inference.outliers import Outliers
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event, event_line, parse_events
from cnn_core.runs.files import (
    replaced_together,
    sha256_of,
    storage_errors,
    whole_lines,
    write_atomically,
    write_last_words,
)
from cnn_core.runs.history import HISTORY_COLUMNS
from cnn_core.runs.outliers_file import pack_outliers
from cnn_core.runs.predictions_file import pack_predictions
from cnn_core.runs.record import HEARTBEAT_SECONDS, RunStatus, State
from cnn_core.runs.reports import pack_report
from cnn_core.runs.samples import Samples, pack_samples
from cnn_core.runs.snapshots import forget_after
from cnn_core.runs.steps import parse_steps
from cnn_core.runs.teachers_file import pack_probabilities


class RunWriter:
    """Writes one run. As a context manager it keeps the heartbeat going until it is left.

    Args:
        run: The run; its directory exists, with ``config.json`` and ``status.json``.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._status = RunStatus.model_validate_json((run.path / directory.STATUS).read_bytes())
        self._lock = threading.Lock()
        self._is_leaving = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_leaving.set()
        self._heart.join()

    def _beat(self) -> None:
        while not self._is_leaving.wait(HEARTBEAT_SECONDS):
            try:
                self.update()
            except StorageError:
                # The trainer meets the same full disk at its next write and reports it; a silent heart is the
                # last resort of a run that cannot write at all.
                continue

    def update(self, **changes: Any) -> None:
        """Change some fields of the status, and its heartbeat.

        Raises:
            StorageError: The status cannot be written.
        """
        with self._lock:
            self._status = self._status.model_copy(update={**changes, "heartbeat": time.time()})
            write_atomically(self._run.path / directory.STATUS, self._status.model_dump_json().encode())

    def pause(self) -> None:
        """Say that the run is paused; its training time stands still until :meth:`go_on`."""
        self.update(state="paused", earlier_seconds=self._status.seconds or 0.0, started=None)

    def go_on(self, **changes: Any) -> None:
        """Say that the run has its turn, for the first time or again, and change other fields as :meth:`update`."""
        self.update(state="running", started=time.time(), **changes)

    def end(self, state: State, error: str | None = None) -> None:
        """Write the last status, even on a full disk if anything can."""
        with self._lock:
            now = time.time()
            changes = {"state": state, "phase": "done", "error": error, "ended": now, "heartbeat": now}
            self._status = self._status.model_copy(update=changes)
            write_last_words(self._run.path / directory.STATUS, self._status.model_dump_json().encode())

    def append_epoch(self, row: dict[str, float]) -> None:
        """Append an epoch to ``history.csv``. ``row`` has the keys of ``HISTORY_COLUMNS``; others are left out."""
        path = self._run.path / directory.HISTORY
        line = ",".join(f"{row[name]:.8g}" for name in HISTORY_COLUMNS)
        if not path.exists():
            line = ",".join(HISTORY_COLUMNS) + "\n" + line
        _append(path, line)

    def append_steps(self, row: dict[str, float]) -> None:
        """Append a row with the keys of ``STEP_COLUMNS`` to ``steps.jsonl``."""
        _append(self._run.path / directory.STEPS, json.dumps(row))

    def append_event(self, event: Event) -> None:
        """Append an event to ``events.jsonl``."""
        _append(self._run.path / directory.EVENTS, event_line(event))

    def save_samples(self, samples: Samples) -> None:
        """Replace ``samples.npz``."""
        write_atomically(self._run.path / directory.SAMPLES, pack_samples(samples))

    def save_teacher_probabilities(self, probabilities: np.ndarray) -> None:
        """Write ``teachers.npy``: a run that goes on learns from what it began with.

        Args:
            probabilities: (N, classes) float32.
        """
        write_atomically(self._run.path / directory.TEACHERS, pack_probabilities(probabilities))

    def truncate(self, epoch: int, step: int) -> None:
        """Go back to a position: drop the history, the steps and the training's own marks that come after it.

        Snapshots of later epochs go as well. What people did stays. Lines that are damaged go too.

        Args:
            epoch: Epochs that were finished there.
            step: Steps of the epoch after them that were done.

        Raises:
            StorageError: A file cannot be written. It is as it was.
        """
        history, steps = self._run.path / directory.HISTORY, self._run.path / directory.STEPS
        forget_after(self._run, epoch)
        header = ",".join(HISTORY_COLUMNS)
        _keep_lines(history, lambda line: line == header or _epoch_of(line) <= epoch)
        _keep_lines(steps, lambda line: any(row[:2] <= (epoch + 1, step) for row in parse_steps([line])))
        _keep_lines(self._run.path / directory.EVENTS, lambda line: _stays(line, (epoch + 1, step)))

    def save_model(self, save: Callable[[Path], None]) -> None:
        """Replace ``model.keras`` by what ``save`` writes to the path that it is given.

        Raises:
            StorageError: It cannot be written. The model before it is still there.
        """
        with replaced_together(self._run.path, directory.MODEL) as (model,):
            save(model)

    def save_result(
        self, save: Callable[[Path], None], predictions: Predictions, report: Report, outliers: Outliers | None = None
    ) -> None:
        """Replace the network, as :meth:`save_model`, and its evaluation, as :func:`save_evaluation`, together.

        Raises:
            StorageError: One of the files cannot be written. All are as they were.
        """
        with replaced_together(self._run.path, directory.MODEL, *_EVALUATION) as (model, *evaluation):
            save(model)
            _write_evaluation(evaluation, predictions, report, outliers, model)


def save_evaluation(run: Run, predictions: Predictions, report: Report, outliers: Outliers | None = None) -> None:
    """Replace ``predictions.npz`` and ``report.json``, which says that it is of these answers and the run's network.

    ``outliers.npz`` is replaced too where there is something new to say.

    Raises:
        StorageError: A file cannot be written. Both are as they were.
    """
    with replaced_together(run.path, *_EVALUATION) as evaluation:
        _write_evaluation(evaluation, predictions, report, outliers, run.path / directory.MODEL)


# In the order in which they are replaced: a report without its predictions never exists.
_EVALUATION = (directory.OUTLIERS, directory.PREDICTIONS, directory.REPORT)


def _write_evaluation(
    paths: Sequence[Path], predictions: Predictions, report: Report, outliers: Outliers | None, model: Path
) -> None:
    strange, answers, said = paths
    if outliers is not None:
        strange.write_bytes(pack_outliers(outliers, sha256_of(model)))
    content = pack_predictions(predictions)
    answers.write_bytes(content)
    said.write_bytes(pack_report(report, content, model))


# What the training will do again by itself when it comes to the place again.
_REPEATED = ("plateau", "early-stopped", "diverged")


def _stays(line: str, position: tuple[int, int]) -> bool:
    return any(event.action not in _REPEATED or (event.epoch, event.step) <= position for event in parse_events([line]))


def _append(path: Path, line: str) -> None:
    with storage_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _epoch_of(line: str) -> float:
    try:
        return float(line.partition(",")[0])
    except ValueError:
        return math.inf


def _keep_lines(path: Path, is_kept: Callable[[str], bool]) -> None:
    # Nothing but a plain file is read: a device might never end.
    if path.is_file():
        kept = "".join(f"{line}\n" for line in whole_lines(path) if is_kept(line)).encode()
        if kept != path.read_bytes():
            write_atomically(path, kept)
