"""What the training loop tells, and what it asks: plain data and callables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnn_core.errors import RunError

if TYPE_CHECKING:
    from cnn_core.runs.events import LoopAction
    from cnn_core.training.state import TrainingState


@dataclass(frozen=True)
class Step:
    """One finished step.

    Attributes:
        epoch: Counted from 1.
        step: Within the epoch, counted from 1.
        steps: In the epoch.
        count: Images in the batch.
        loss: Mean cross-entropy of the batch, without label smoothing and class weights, so that it compares with
            ``val_loss``.
        correct: Images of the batch that were classified right.
        learning_rate: It was taken with.
    """

    epoch: int
    step: int
    steps: int
    count: int
    loss: float
    correct: int
    learning_rate: float


@dataclass(frozen=True)
class Epoch:
    """One finished epoch, in the names of Keras's history. ``is_best``: its weights are the ones to keep so far."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    is_best: bool


@dataclass(frozen=True)
class Requests:
    """What somebody asks of the training at this moment."""

    stop: bool = False
    pause: bool = False
    learning_rate: float | None = None


@dataclass(frozen=True)
class Marker:
    """Something that happened at a place of the curve.

    Attributes:
        epoch: Under way, counted from 1.
        step: Of the epoch, that were done.
        steps: In the epoch.
        value: The new learning rate, where it changed.
    """

    action: LoopAction
    epoch: int
    step: int
    steps: int
    value: float | None = None


def _nothing(_: object) -> None:
    pass


@dataclass(frozen=True)
class Callbacks:
    """Called by the loop; all must be cheap but ``on_pause``.

    Attributes:
        on_step: After every step.
        on_epoch: After every epoch. While it runs the model has the weights that the epoch's figures belong to.
        on_marker: When something happened that belongs on the curve.
        requests: Asked after every few steps, and between the batches of the validation.
        on_pause: Returns when the training is to go on (True), or to stop (False).
        save: Keeps a state from which the training can go on; ``None``: no state is taken.
        is_save_due: Whether it is time to save again.
    """

    on_step: Callable[[Step], None] = _nothing
    on_epoch: Callable[[Epoch], None] = _nothing
    on_marker: Callable[[Marker], None] = _nothing
    requests: Callable[[], Requests] = field(default=Requests)
    on_pause: Callable[[], bool] = lambda: True
    save: Callable[[TrainingState], None] | None = None
    is_save_due: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class FitResult:
    """How the training ended. The model carries the weights of ``best_epoch``.

    Attributes:
        best_epoch: Epoch whose weights were kept; 0 if not even one was finished.
        epochs: Finished epochs.
        is_stopped: Whether it was asked to stop before the last epoch.
    """

    best_epoch: int
    epochs: int
    is_stopped: bool


class DivergedError(RunError):
    """The loss is no longer a number. The model carries the weights of ``best_epoch``, if that is not 0."""

    def __init__(self, epoch: int, step: int, best_epoch: int, learning_rate: float) -> None:
        kept = f"The weights of epoch {best_epoch} are kept" if best_epoch else "No epoch was finished before"
        super().__init__(
            f"The loss became infinite in epoch {epoch}, step {step}: the steps were too large. {kept}. Start a new "
            f"run with a tenth of its learning rate, {learning_rate / 10:.2g}."
        )
        self.epoch, self.step, self.best_epoch = epoch, step, best_epoch
