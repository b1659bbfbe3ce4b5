"""What the pages ask of a run's worker: small files in ``requests/``, which both sides may look at any time.

A request is a state, not a message: asking twice is asking once. Two people who press Pause at the same moment pause
the run, once; who presses Resume takes the request back, whoever made it.
"""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.config import TrainingConfig, limits
from cnn_core.errors import ConfigError, RunError
from cnn_core.runs.files import storage_errors, write_atomically

if TYPE_CHECKING:
    # A run has its requests here.
    from cnn_core.runs.directory import Run
    from cnn_core.runs.record import RunStatus

_STOP = "stop"
_PAUSE = "pause"
_LEARNING_RATE = "learning-rate"


class RunRequests:
    """The requests to the worker of a run, made while there is one.

    Args:
        run: The run.
        folder: ``requests`` in its directory.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._files = _RequestFiles(folder)

    def stop(self) -> None:
        """Ask the worker to stop after the batch under way; it keeps the best epoch so far and evaluates it.

        Raises:
            RunError: The run is not active any more.
            StorageError: The run's directory cannot be written.
        """
        self._require_active("stopped")
        self._files.make(_STOP)

    def pause(self) -> None:
        """Ask the worker to pause after the batch under way. A run that is still queued has nothing to pause.

        Errors as :meth:`stop`.
        """
        if self._require_active("paused").state == "queued":
            raise RunError(
                f"Run '{self._run.id}' cannot be paused: it waits in the queue and does not train yet. Move it in the "
                "queue, or cancel it."
            )
        self._files.make(_PAUSE)

    def resume(self) -> None:
        """Take a request to pause back. Errors as :meth:`stop`."""
        self._require_active("resumed")
        self._files.take_back(_PAUSE)

    def change_learning_rate(self, rate: float) -> None:
        """Ask the worker for another learning rate. Errors as :meth:`stop`.

        Raises:
            ConfigError: The rate is not among those that a run can be given.
        """
        self._require_active("given another learning rate")
        self._files.ask_learning_rate(rate)

    @property
    def has_stop(self) -> bool:
        """Whether somebody asked the run to stop."""
        return self._files.has(_STOP)

    @property
    def has_pause(self) -> bool:
        """Whether somebody asked the run to pause, and nobody took it back."""
        return self._files.has(_PAUSE)

    def take_learning_rate(self) -> float | None:
        """The learning rate asked for since the last call, if any; for the worker alone."""
        return self._files.take_learning_rate()

    def clear(self) -> None:
        """Drop all requests: they were meant for a worker that is no more."""
        self._files.clear()

    def _require_active(self, done: str) -> RunStatus:
        status = self._run.status()
        if status.is_active:
            return status
        if status.is_lost:
            why = "its worker has not been heard of for a while"
        else:
            why = {"finished": "it has finished", "stopped": "it was stopped", "failed": "it failed"}[status.state]
        raise RunError(f"Run '{self._run.id}' cannot be {done}: {why}. Reload the page to see what it has.")


class _RequestFiles:
    """The requests of one run.

    Args:
        folder: ``requests`` in the run's directory; it is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        """Whether somebody asked for this."""
        return (self._folder / name).exists()

    def make(self, name: str) -> None:
        """Ask for something.

        Raises:
            StorageError: The run's directory cannot be written.
        """
        with storage_errors(self._folder / name):
            self._folder.mkdir(exist_ok=True)
            (self._folder / name).touch()

    def take_back(self, name: str) -> None:
        """Ask for it no longer.

        Raises:
            StorageError: The run's directory cannot be written.
        """
        with storage_errors(self._folder / name):
            (self._folder / name).unlink(missing_ok=True)

    def ask_learning_rate(self, rate: float) -> None:
        """Ask for another learning rate; a rate that was asked for and not taken yet is replaced.

        Raises:
            ConfigError: The rate is not among those that a run can be given.
            StorageError: The run's directory cannot be written.
        """
        low, high = limits(TrainingConfig, "learning_rate")
        if not math.isfinite(rate) or rate <= (low or 0) or rate > (high or math.inf):
            raise ConfigError(
                f"The learning rate was not changed: it must be greater than {low:g} and at most {high:g}, but "
                f"{rate:g} came."
            )
        with storage_errors(self._folder):
            self._folder.mkdir(exist_ok=True)
        write_atomically(self._folder / _LEARNING_RATE, json.dumps(rate).encode())

    def take_learning_rate(self) -> float | None:
        """The learning rate asked for since the last call, if any; only the worker calls this."""
        path = self._folder / _LEARNING_RATE
        taken = path.with_name(f".taken.{_LEARNING_RATE}")
        try:
            # Moved away first: a rate that is asked for while this one is read must not be deleted with it.
            path.replace(taken)
            rate = json.loads(taken.read_bytes())
        except (OSError, ValueError):
            return None
        finally:
            with contextlib.suppress(OSError):
                taken.unlink()
        is_rate = isinstance(rate, float | int) and math.isfinite(rate) and rate > 0
        return float(rate) if is_rate else None

    def clear(self) -> None:
        """Forget all requests: they were meant for a worker that is no more.

        Raises:
            StorageError: The run's directory cannot be written.
        """
        for name in (_STOP, _PAUSE, _LEARNING_RATE):
            self.take_back(name)
