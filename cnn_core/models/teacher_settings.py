"""Which runs can teach another one (knowledge distillation), and the check of what was asked. No Keras here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnn_core.config import TrainingConfig
from cnn_core.data.catalogue import DatasetCard
from cnn_core.errors import ConfigError, RunError

if TYPE_CHECKING:
    from cnn_core.runs.record import RunRecord


def why_no_teacher(record: RunRecord, card: DatasetCard) -> str | None:
    """Why a run's answers cannot be learned from on a dataset; ``None``: they can.

    Args:
        record: Of the run that is to teach.
        card: The dataset to train on.
    """
    if record.data.class_names != card.class_names:
        return f"it knows other classes than those of {card.title}, or knows them in another order"
    height, width, channels = record.data.input_shape
    if (height, width, channels) != (card.height, card.width, card.channels):
        return (
            f"it looks at images of {height}×{width}×{channels}, and those of {card.title} are "
            f"{card.height}×{card.width}×{card.channels}"
        )
    return None


def check_teachers(training: TrainingConfig, card: DatasetCard) -> None:
    """Check that all teachers of a run can be asked. Looks at the disk, but loads no network.

    Args:
        training: Of the run that is to start.
        card: Its dataset.

    Raises:
        ConfigError: The classes or the images of a teacher are others.
        RunError: A teacher is unknown, damaged, still training, or has no network.
    """
    from cnn_core.runs.store import find_run

    for run_id in training.teachers:
        run = find_run(run_id)
        if why := why_no_teacher(run.record(), card):
            raise ConfigError(f"Run '{run_id}' cannot teach here: {why}. Take it out, or choose another teacher.")
        status = run.status()
        if status.is_active:
            raise RunError(
                f"Run '{run_id}' is {status.state}: its answers are not final. Wait until it has ended, or choose "
                "another teacher."
            )
        run.model_path()
