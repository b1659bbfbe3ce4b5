"""How far a run is, how fast, how long it will still take, and how good it has become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cnn_core.config import Monitor, TrainingConfig
from cnn_core.runs.record import RunStatus

# The time left is told from the last epoch and the last quarter of what is done: a machine's speed changes.
_RECENT_EPOCHS = 1.0
_RECENT_SHARE = 0.25
# Images a second are those of the last so many rows of progress, a few seconds.
_RECENT_ROWS = 12


@dataclass(frozen=True)
class Progress:
    """Where a training stands.

    Attributes:
        epoch: Under way, counted from 1; 0 before the first step.
        epochs: As asked.
        step: Of the epoch under way.
        steps: In an epoch; 0 before the first step.
        share: Of the whole training that is done, in [0, 1].
        loss: Training cross-entropy of the last steps, or of the last epoch once the run has ended or where its steps
            are not kept; ``None`` before the first step.
        accuracy: Training accuracy, likewise.
        val_loss: Of the last finished epoch; ``None`` before it.
        val_accuracy: Of the last finished epoch; ``None`` before it.
        learning_rate: Of the last step, or epoch; ``None`` where it is not known.
        seconds_left: At the pace of late; ``None`` before there is one.
        images_per_second: Learned from, validation not counted; ``None`` before the second report.
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
    learning_rate: float | None
    seconds_left: float | None
    images_per_second: float | None


def measure_progress(status: RunStatus, steps: pd.DataFrame, history: pd.DataFrame) -> Progress:
    """Where a training stands, from what its worker wrote.

    Args:
        status: The run's status.
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        history: As :meth:`cnn_core.runs.directory.Run.history`.
    """
    watched = None if history.empty else history.iloc[-1]
    last = None if steps.empty else steps.iloc[-1]
    # While it runs, the last steps say most; afterwards the last epoch compares with the validation figures.
    now = watched if last is None or (watched is not None and not status.is_active) else last
    done = 0.0 if last is None else float(last["epoch"] - 1 + last["step"] / last["steps"])
    return Progress(
        epoch=0 if last is None else int(last["epoch"]),
        epochs=status.epochs,
        step=0 if last is None else int(last["step"]),
        steps=0 if last is None else int(last["steps"]),
        share=min(1.0, done / status.epochs),
        loss=_number(now, "loss"),
        accuracy=_number(now, "accuracy"),
        val_loss=_number(watched, "val_loss"),
        val_accuracy=_number(watched, "val_accuracy"),
        learning_rate=_first(_number(last, "learning_rate"), _number(watched, "learning_rate")),
        seconds_left=_seconds_left(steps, status.epochs),
        images_per_second=_images_per_second(steps, status.train_count),
    )


@dataclass(frozen=True)
class Best:
    """The best epoch so far, by what decides that in this run.

    Attributes:
        epoch: Counted from 1.
        monitor: "val_accuracy" or "val_loss".
        value: Of it, after this epoch.
    """

    epoch: int
    monitor: str
    value: float


def best_so_far(history: pd.DataFrame, training: TrainingConfig) -> Best | None:
    """The best epoch, as the training chooses it: where two are equal, by the figure that is not monitored.

    ``None`` before the end of the first epoch.
    """
    known = history.dropna(subset=[training.monitor])
    if known.empty:
        return None
    best = known.iloc[best_index(known["val_accuracy"].to_numpy(), known["val_loss"].to_numpy(), training.monitor)]
    return Best(int(best["epoch"]), training.monitor, float(best[training.monitor]))


def kept_epoch(history: pd.DataFrame, training: TrainingConfig) -> tuple[int, float | None]:
    """The epoch whose weights the training keeps, and its validation accuracy; 0 before the end of the first epoch.

    The accuracy as :func:`val_accuracy_of`.
    """
    best = best_so_far(history, training)
    if best is None:
        return 0, None
    epoch = best.epoch if training.keeps_best else int(history["epoch"].iloc[-1])
    return epoch, val_accuracy_of(history, epoch)


def val_accuracy_of(history: pd.DataFrame, epoch: int) -> float | None:
    """The validation accuracy of an epoch; ``None`` where it is not known.

    An epoch that stands twice, after a worker that was killed, was trained again: its last row counts.
    """
    rows = history[history["epoch"] == epoch]
    return None if rows.empty else _number(rows.iloc[-1], "val_accuracy")


def best_index(val_accuracy: np.ndarray, val_loss: np.ndarray, monitor: Monitor) -> int:
    """Index of the best epoch, as the training chooses it: where two are equal, by the figure that is not monitored.

    Args:
        val_accuracy: (n,), at least one.
        val_loss: (n,).
        monitor: "val_accuracy" or "val_loss".
    """
    # As cnn_core.training.state.Score. The last key of lexsort is the first one; what is no number comes last.
    keys = (-val_accuracy, val_loss) if monitor == "val_loss" else (val_loss, -val_accuracy)
    return int(np.lexsort(keys)[0])


def _seconds_left(steps: pd.DataFrame, epochs: int) -> float | None:
    if len(steps) < 2:
        return None
    done = (steps["epoch"] - 1 + steps["step"] / steps["steps"]).to_numpy()
    recent = max(_RECENT_EPOCHS, _RECENT_SHARE * done[-1])
    # From a report on, at the earliest the first: what lies before it (compiling the graph) does not come again.
    start = max(0, int(np.searchsorted(done, done[-1] - recent, side="right")) - 1)
    seconds = steps["seconds"].to_numpy()[start:]
    if done[-1] <= done[start]:
        return None
    pace = _elapsed(seconds) / (done[-1] - done[start])
    return float(max(0.0, (epochs - done[-1]) * pace))


def _images_per_second(steps: pd.DataFrame, train_count: int) -> float | None:
    recent = steps.iloc[-_RECENT_ROWS:]
    recent = recent[recent["epoch"] == recent["epoch"].max()]
    if len(recent) < 2 or not train_count:
        return None
    first, last = recent.iloc[0], recent.iloc[-1]
    seconds = _elapsed(recent["seconds"].to_numpy())
    if seconds <= 0:
        return None
    return float((last["step"] - first["step"]) / last["steps"] * train_count / seconds)


def _elapsed(seconds: np.ndarray) -> float:
    # A worker that goes on from a checkpoint may count from an earlier time.
    return float(np.clip(np.diff(seconds), 0, None).sum())


def _number(row: pd.Series | None, name: str) -> float | None:
    value = None if row is None else row.get(name)
    return None if value is None or np.isnan(value) else float(value)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
