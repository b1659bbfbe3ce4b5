"""Starts workers. A launcher needs to know a run's directory and nothing else: a cluster's can take its place."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from cnn_core.errors import CnnLabError
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors
from cnn_core.runs.writer import RunWriter

_PROJECT = Path(__file__).parents[2]


class Launcher(Protocol):
    """What the pages and the command line need of a place where runs are trained."""

    def start(self, run: Run) -> None:
        """Start, or queue, the worker of a run that was just created."""

    def stop(self, run: Run) -> None:
        """Ask it to stop; it keeps what it has."""

    def is_alive(self, run: Run) -> bool:
        """Whether its worker trains or waits."""


class LocalLauncher:
    """Workers on this machine, a process each, that outlive the server which started them."""

    def start(self, run: Run) -> None:
        """Start the worker. It waits for its turn by itself (:mod:`cnn_core.runs.queue`).

        Raises:
            StorageError: The run's directory cannot be written.
            CnnLabError: The process cannot be started. The run has failed, and can be resumed.
        """
        try:
            start_process(["train-run", str(run.path)], run.path / directory.LOG)
        except CnnLabError as error:
            # Queued, it would wait for nobody. What cannot be written either is told by the first error.
            with contextlib.suppress(CnnLabError, OSError, ValidationError):
                RunWriter(run).end("failed", str(error))
            raise

    def stop(self, run: Run) -> None:
        """Ask the worker to stop after the batch under way."""
        run.requests.stop()

    def is_alive(self, run: Run) -> bool:
        """Whether the worker's heartbeat says so."""
        return run.status().is_active


def start_process(arguments: list[str], log_path: Path) -> None:
    """Start ``python -m cnn_core`` with these arguments, as a process that outlives this one.

    Args:
        arguments: A command and what it takes.
        log_path: What the process prints is put behind what stands there.

    Raises:
        StorageError: The log cannot be written.
        CnnLabError: The operating system starts no process.
    """
    search_path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    with storage_errors(log_path), log_path.open("ab") as log:
        # A session of its own: Ctrl-C in the server's terminal must not reach the training.
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "cnn_core", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": search_path},
            )
        except OSError as error:
            raise CnnLabError(
                f"The process could not be started ({error.strerror or error}). Close other programs or end other "
                "trainings, which take memory and processes, and start it again."
            ) from error
    # Somebody must take note of its end, or it stays in the process table as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
