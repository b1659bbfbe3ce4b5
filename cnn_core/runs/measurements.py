"""What a probe measures, as it stands in its ``result.json``, and what follows from it for a run."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from cnn_core.config import RunConfig
from cnn_core.training.reporting import CHECKPOINT_SECONDS, CHECKPOINT_SHARE


class PriceMeasurement(BaseModel):
    """What a training costs, in its parts; all times in seconds.

    Attributes:
        start_seconds: From the start of the process to the first step: libraries, images, network, graph.
        head_step_seconds: Of a step while the head alone learns; ``None`` for runs without transfer.
        step_seconds: Of a step in which all may learn that ever does.
        steps: In an epoch.
        validation_seconds: Of the validation images, each epoch.
        save_seconds: Of the network, after an epoch.
        checkpoint_seconds: Of a checkpoint.
        end_seconds: Of the last saving and the evaluation on the test images.
        parameters: Of the network.
        memory_bytes: The most that the process held.
        is_contended: Whether something else kept the processor busy meanwhile.
    """

    model_config = ConfigDict(frozen=True)

    start_seconds: float
    head_step_seconds: float | None
    step_seconds: float
    steps: int
    validation_seconds: float
    save_seconds: float
    checkpoint_seconds: float
    end_seconds: float
    parameters: int
    memory_bytes: int
    is_contended: bool


@dataclass(frozen=True)
class Price:
    """What a run will cost on this machine.

    Attributes:
        epoch_seconds: An epoch with its validation and savings, in the mean over the run.
        total_seconds: From the start to the evaluation on the test images, if no epoch is saved by early stopping.
        start_seconds: Of it, until the first step.
        step_seconds: A step, as most of the epochs take them.
        parameters: Of the network.
        memory_bytes: The most that the process will hold.
        is_contended: Whether something else kept the processor busy while it was measured, so that a quiet machine
            will be faster.
    """

    epoch_seconds: float
    total_seconds: float
    start_seconds: float
    step_seconds: float
    parameters: int
    memory_bytes: int
    is_contended: bool


def price_of(measured: PriceMeasurement, config: RunConfig) -> Price:
    """The price of a run: what was measured once, times its epochs."""
    epochs = config.training.total_epochs
    head_epochs = min(config.transfer.head_epochs, epochs) if config.transfer else 0
    head_step = measured.head_step_seconds or measured.step_seconds
    after_steps = measured.validation_seconds + measured.save_seconds
    stepping = measured.steps * (head_epochs * head_step + (epochs - head_epochs) * measured.step_seconds)
    training = stepping + epochs * after_steps
    # Checkpoints are saved every so often, and never for more than their share of the time.
    pause = max(CHECKPOINT_SECONDS, measured.checkpoint_seconds / CHECKPOINT_SHARE)
    checkpoints = int(training / pause) * measured.checkpoint_seconds
    return Price(
        epoch_seconds=(training + checkpoints) / epochs,
        total_seconds=measured.start_seconds + training + checkpoints + measured.end_seconds,
        start_seconds=measured.start_seconds,
        step_seconds=measured.step_seconds,
        parameters=measured.parameters,
        memory_bytes=measured.memory_bytes,
        is_contended=measured.is_contended,
    )


class RateRange(BaseModel):
    """A learning-rate range test.

    Attributes:
        rates: Learning rate of each step taken, ascending.
        losses: Training cross-entropy of each step's batch, in nats; finite.
        smoothed: The same without the noise of single batches.
        suggested: A learning rate; ``None`` where the loss did not fall.
        explanation: Two sentences on where it comes from, for a person.
        is_cut_off: Whether the test ended before its largest rate, because the loss ran away.
    """

    model_config = ConfigDict(frozen=True)

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggested: float | None
    explanation: str
    is_cut_off: bool
