"""What a run that has ended can do next, and with which settings."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cnn_core.config import MOST_EPOCHS, Continuation, TrainingConfig, limits
from cnn_core.runs.checkpoints import newest_position
from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunStatus

# Fine-tuning after a schedule that ended near nothing: small beside its peak, and large enough to move the weights.
_SHARE_OF_PEAK = 0.1
_MORE_EPOCHS = 5


@dataclass(frozen=True)
class Proposal:
    """More epochs for a run that has ended.

    Attributes:
        epochs: How many are proposed.
        most_epochs: As many as can be added at once.
        learning_rate: Of these epochs.
        reason: Where this rate comes from, in a few words.
    """

    epochs: int
    most_epochs: int
    learning_rate: float
    reason: str


def propose_more(training: TrainingConfig, history: pd.DataFrame) -> Proposal | None:
    """More epochs, at the last learning rate, or at a tenth of the peak where a schedule had brought it down.

    Args:
        training: As asked.
        history: As :meth:`cnn_core.runs.directory.Run.history`.

    Returns:
        ``None`` where the run has as many epochs as a run can have.
    """
    left = MOST_EPOCHS - len(history)
    if left < 1:
        return None
    _, most_at_once = limits(Continuation, "epochs")
    most = min(left, int(most_at_once or left))
    rates = history["learning_rate"].dropna()
    last = float(rates.iloc[-1]) if len(rates) and rates.iloc[-1] > 0 else training.learning_rate
    is_flat = training.schedule in ("constant", "plateau") or bool(training.continuations)
    rate = last if is_flat else training.learning_rate * _SHARE_OF_PEAK
    reason = "the last one of this run" if is_flat else "a tenth of the schedule's largest"
    return Proposal(min(_MORE_EPOCHS, most), most, min(1.0, float(f"{rate:.3g}")), reason)


def resumes_at(run: Run, status: RunStatus) -> tuple[int, int] | None:
    """Where a run would go on: the epoch, counted from 1, and the steps of it that are done.

    Returns:
        (1, 0) where it has no checkpoint and would start from the beginning; ``None`` where it cannot go on: it is
        active, or has finished.
    """
    if status.is_active or status.state == "finished":
        return None
    return newest_position(run) or (1, 0)
