"""How far a run is, and how long it will still take."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cnn_core.runs.record import RunStatus


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    Attributes:
        epoch: Under way, counted from 1; 0 before the first step.
        epochs: As asked.
        step: Of the epoch under way.
        steps: In an epoch; 0 before the first step.
        share: Of the whole training that is done, in [0, 1].
        loss: Training cross-entropy of the last steps, or of the last epoch once the run has ended; ``None`` before
            the first step.
        accuracy: Training accuracy, likewise.
        val_loss: Of the last finished epoch; ``None`` before it.
        val_accuracy: Of the last finished epoch; ``None`` before it.
        seconds_left: At the pace so far; ``None`` before the first step.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    share: float
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    seconds_left: float | None


def measure_progress(status: RunStatus, steps: pd.DataFrame, history: pd.DataFrame) -> Progress:
    """Where a training stands, from what its worker wrote.

    Args:
        status: The run's status.
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
    """
    watched = None if history.empty else history.iloc[-1]
    val_loss = None if watched is None else float(watched["val_loss"])
    val_accuracy = None if watched is None else float(watched["val_accuracy"])
    if steps.empty:
        return Progress(0, status.epochs, 0, 0, 0.0, None, None, val_loss, val_accuracy, None)
    last, first = steps.iloc[-1], steps.iloc[0]
    done = last["epoch"] - 1 + last["step"] / last["steps"]
    share = min(1.0, done / status.epochs)
    # While it runs, the last steps say most; afterwards the last epoch compares with the validation figures.
    now = watched if watched is not None and not status.is_active else last
    return Progress(
        epoch=int(last["epoch"]),
        epochs=status.epochs,
        step=int(last["step"]),
        steps=int(last["steps"]),
        share=share,
        loss=float(now["loss"]),
        accuracy=float(now["accuracy"]),
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds_left=_seconds_left(first, last, done, status.epochs),
    )


def _seconds_left(first: pd.Series, last: pd.Series, done: float, epochs: int) -> float | None:
    # From the first report on: what lies before it (compiling the graph) does not come again.
    done_before = first["epoch"] - 1 + first["step"] / first["steps"]
    if done <= done_before:
        return None
    pace = (last["seconds"] - first["seconds"]) / (done - done_before)
    return float(max(0.0, (epochs - done) * pace))
