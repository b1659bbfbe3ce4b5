"""Following a run from the terminal until it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from cnn_core.cli.app import say
from cnn_core.errors import CnnLabError, RunError

if TYPE_CHECKING:
    from cnn_core.evaluation.report import StoredReport
    from cnn_core.runs.directory import Run
    from cnn_core.runs.record import RunStatus

# How often a command looks at its run: seldom enough to cost the training nothing.
_FOLLOW_SECONDS = 0.25
# What a training may have to wait for, by phase.
_WAITED_FOR = {"downloading": "Downloading the dataset", "asking": "Asking the teacher networks"}


def train_and_follow(run: Run) -> None:
    """Start the worker, repeat its progress on stderr until it ends, and pass Ctrl-C on as a request to stop.

    Args:
        run: A queued run.

    Raises:
        CnnLabError: It failed, or was stopped before it had learned anything.
    """
    import signal
    import time

    from cnn_core.runs.launcher import LocalLauncher
    from cnn_core.runs.record import HEARTBEAT_SECONDS
    from cnn_core.runs.store import active_runs

    # Whoever ends this command wants the training to end, however they do it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    launcher = LocalLauncher()
    told = _Told(run)
    launcher.start(run)
    status = run.status()
    waiting_since, is_wait_told = time.time(), False
    while status.is_active:
        try:
            is_slow = status.state == "queued" and time.time() - waiting_since > 5
            if is_slow and not is_wait_told and len(active_runs()) > 1:
                say("Waiting for its turn: another run is training. `python -m cnn_core runs` shows it.")
                is_wait_told = True
            told.tell_share(status)
            told.tell_new(status)
            time.sleep(_FOLLOW_SECONDS)
            status = run.status()
            if status.is_lost:
                # A machine that wakes from sleep needs a moment for its first heartbeat.
                time.sleep(3 * HEARTBEAT_SECONDS)
                status = run.status()
        except KeyboardInterrupt:
            say("Stopping after this batch; the best epoch so far is kept and evaluated.")
            # It may have ended this moment: then there is nothing to stop.
            with contextlib.suppress(RunError):
                launcher.stop(run)
    told.tell_new(status)
    if status.state == "failed":
        raise CnnLabError(f"Run '{run.id}' failed. {status.error}")
    if not run.has_report:
        raise CnnLabError(f"Run '{run.id}' was stopped before it had learned anything.")


class _Told:
    """The epochs that need no more telling, and at first those that the run had before.

    A worker that goes on from a checkpoint drops the epochs after it, some time after its start, and trains them again:
    an epoch is known by its figures, its seconds among them, and not by its number.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen = (-1, "")
        self._line = ""
        self._rows = {repr(row) for row in self._history()}

    def tell_share(self, status: RunStatus) -> None:
        """Tell how far it is with what a training waits for: on one line, which ends with the waiting."""
        waited_for = _WAITED_FOR.get(status.phase)
        line = f"{waited_for}: {status.share or 0:.0%}" if waited_for else ""
        if line != self._line:
            say(f"\r{line}" if line else "", end="" if line else "\n")
        self._line = line

    def tell_new(self, status: RunStatus) -> None:
        if (status.epoch, status.phase) == self._seen:
            return
        self._seen = status.epoch, status.phase
        for row in self._history():
            if repr(row) not in self._rows:
                self._rows.add(repr(row))
                say(
                    f"epoch {row['epoch']:.0f}: loss {row['loss']:.4f}, accuracy {row['accuracy']:.4f}, "
                    f"val_loss {row['val_loss']:.4f}, val_accuracy {row['val_accuracy']:.4f}, {row['seconds']:.1f} s"
                )

    def _history(self) -> list[dict[Hashable, Any]]:
        return self._run.history().to_dict("records")


def training_summary(run: Run, report: StoredReport) -> dict[str, Any]:
    """What ``train --json`` ends with, of a run and its evaluation."""
    from cnn_core.evaluation.report import Report

    status = run.status()
    return {
        "run": run.id,
        "path": str(run.path),
        "test_accuracy": report.accuracy,
        "test_loss": report.loss,
        # With the temperature fitted on the validation images; the report of an older version has none.
        "calibrated_loss": report.calibrated_loss if isinstance(report, Report) else None,
        "val_accuracy": report.val_accuracy,
        "seconds": round(status.seconds or 0.0, 2),
        "parameters": report.parameters,
        "epochs": status.epoch,
    }
