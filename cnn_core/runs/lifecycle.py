"""What can be done with a run after its end: go on, train some epochs more, delete it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from cnn_core.config import Continuation, explain
from cnn_core.errors import ConfigError, RunError
from cnn_core.runs import directory
from cnn_core.runs.checkpoints import newest_position
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors, write_atomically, write_last_words
from cnn_core.runs.learned_from import why_not_its_dataset
from cnn_core.runs.queue import worker_lock
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.store import is_showcase

_DELETING = ".deleting-"


def resume_run(run: Run) -> None:
    """Queue a run again that was stopped, failed or lost its worker. The caller starts the worker.

    The worker goes on from the checkpoint, or begins anew where there is none. What the run has stays until then.

    Raises:
        RunError: The run is active, has finished, is damaged, or its worker still lives; or its dataset was deleted or
            replaced.
        StorageError: The run's directory cannot be written.
    """
    with _at_rest(run, "resumed"):
        record, status = run.record(), run.status()
        if status.state == "finished":
            raise RunError(f"Run '{run.id}' has finished: there is nothing to resume. Train more epochs instead.")
        _queue(run, record, status)


def extend_run(run: Run, epochs: int, learning_rate: float) -> None:
    """Add epochs to a run that finished or was stopped, and queue it. The caller starts the worker.

    They follow the last finished epoch: where the run was stopped, or stopped early by itself, the epochs that it did
    not reach are given up for them. Its model and evaluation stay until there are new ones.

    Args:
        run: A run with a checkpoint: weights and optimizer go on as they were.
        epochs: How many more.
        learning_rate: Of these epochs, constant.

    Raises:
        ConfigError: These epochs or this learning rate are not possible.
        RunError: The run is active, failed, damaged, has no checkpoint, or its worker still lives; or its dataset was
            deleted or replaced.
        StorageError: The run's directory cannot be written; it is as it was.
    """
    with _at_rest(run, "trained further"):
        record, status = run.record(), run.status()
        if status.state == "failed":
            raise RunError(f"Run '{run.id}' failed and cannot be trained further. Resume it first.")
        if not run.has_checkpoint:
            raise RunError(
                f"Run '{run.id}' cannot be trained further: it has no checkpoint, as runs of earlier versions and runs "
                "that were stopped early have none. Clone it, and train the new run for more epochs."
            )
        path = run.path / directory.CONFIG
        before = path.read_bytes()
        extended = _extended(record, run, epochs, learning_rate)
        write_atomically(path, extended.model_dump_json(indent=1).encode())
        try:
            _queue(run, extended, status)
        except BaseException:
            write_last_words(path, before)
            raise


def delete_run(run: Run) -> None:
    """Delete a run and all that it has. It vanishes from the list at once.

    Raises:
        RunError: The run is active, or its worker still lives, or it is the showcase.
        StorageError: Its directory cannot be moved.
    """
    if is_showcase(run):
        raise RunError("The showcase ships with CNN Lab and cannot be deleted.")
    with _at_rest(run, "deleted"):
        pass
    # Renamed first: what takes long, or is broken off, happens out of sight. Files of a hidden folder that could not be
    # removed (open on Windows, say) go with the next deletion.
    with storage_errors(run.path):
        run.path.rename(run.path.with_name(_DELETING + run.id))
    for leftover in run.path.parent.glob(f"{_DELETING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _at_rest(run: Run, done: str) -> Iterator[None]:
    """Alone at a run that no worker works on or will work on; of two people who come at once, the second is told."""
    if not run.path.is_dir():
        raise RunError(f"Run '{run.id}' is no longer there: its folder was deleted or moved.")
    with worker_lock(run):
        state = _state(run)
        if state is not None:
            raise RunError(f"Run '{run.id}' cannot be {done} while it is {state}. Stop it first.")
        yield


def _state(run: Run) -> str | None:
    """What an active run does; ``None`` for one at rest, and for one that cannot say."""
    try:
        status = run.status()
    except RunError:
        return None
    return status.state if status.is_active else None


def _queue(run: Run, record: RunRecord, status: RunStatus) -> None:
    if why := why_not_its_dataset(record):
        raise RunError(f"Run '{run.id}' cannot be trained: {why[0].lower()}{why[1:]} Start a new run.")
    # Before it is queued: what is asked for from then on is meant for the new worker.
    run.requests.clear()
    now = time.time()
    queued = RunStatus(
        state="queued",
        heartbeat=now,
        queued=now,
        epoch=status.epoch,
        epochs=record.training.total_epochs,
        earlier_seconds=status.seconds or 0.0,
        train_count=status.train_count,
        precision=status.precision,
    )
    write_atomically(run.path / directory.STATUS, queued.model_dump_json().encode())


def _extended(record: RunRecord, run: Run, epochs: int, learning_rate: float) -> RunRecord:
    settings = record.model_dump()
    # The checkpoint decides, not the history: the training goes on from there.
    epoch, _ = newest_position(run) or (1, 0)
    try:
        more = Continuation(after_epoch=epoch - 1, epochs=epochs, learning_rate=learning_rate)
        settings["training"]["continuations"] = (*settings["training"]["continuations"], more.model_dump())
        return RunRecord.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(explain(error)) from error
