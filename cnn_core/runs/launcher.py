"""Starts workers. A launcher needs to know a run's directory and nothing else: a cluster's can take its place."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors

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
        """
        start_process(["train-run", str(run.path)], run.path / directory.LOG)

    def stop(self, run: Run) -> None:
        """Ask the worker to stop after the batch under way."""
        run.request_stop()

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
    """
    search_path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    with storage_errors(log_path), log_path.open("ab") as log:
        # A session of its own: Ctrl-C in the server's terminal must not reach the training.
        process = subprocess.Popen(
            [sys.executable, "-m", "cnn_core", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": search_path},
        )
    # Somebody must take note of its end, or it stays in the process table as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
