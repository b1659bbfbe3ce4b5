"""A run's history as the coach reads it: arrays, and the few quantities that several rules need."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cnn_core.config import RunConfig, TrainingConfig, limits
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import image_counts
from cnn_core.errors import DatasetError
from cnn_core.runs.progress import best_index
from cnn_core.runs.record import RunStatus

# A single epoch is a noisy witness: where a rule speaks of "the end", it means the mean of so many.
AT_THE_END = 2
# A rate that ends below this share of its peak was taken down on purpose; the curve is meant to become flat.
DECAYED_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Curve:
    """What the rules look at.

    Attributes:
        config: What was asked, epochs added since folded in.
        class_count: Number of classes.
        status: Where the run stands.
        steps: As :meth:`cnn_core.runs.directory.Run.steps`.
        epoch: (n,) numbers of the finished epochs, counted from 1.
        loss: (n,) training cross-entropy in nats, likewise the others by their names in ``history.csv``.
        watched_count: Validation images (test images by the tutorials' protocol); ``None`` where it is not known.
    """

    config: RunConfig
    class_count: int
    status: RunStatus
    steps: pd.DataFrame
    epoch: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    rate: np.ndarray
    watched_count: int | None

    @property
    def count(self) -> int:
        """Finished epochs."""
        return len(self.epoch)

    @property
    def has_ended(self) -> bool:
        """Whether no more epochs will come by themselves."""
        return not self.status.is_active

    @property
    def guessing_loss(self) -> float:
        """Cross-entropy of an answer that gives every class the same probability: ln(classes)."""
        return math.log(self.class_count)

    @property
    def best(self) -> int:
        """Index of the best epoch, as the run chooses it."""
        return best_index(self.val_accuracy, self.val_loss, self.config.training.monitor)

    @property
    def peak_rate(self) -> float:
        """The largest learning rate so far, or the one asked for before the first epoch."""
        known = self.rate[np.isfinite(self.rate)]
        return max(float(known.max()), 1e-12) if len(known) else self.config.training.learning_rate

    @property
    def has_decayed(self) -> bool:
        """Whether the learning rate has been taken down to a small share of its peak."""
        return bool(self.count and self.rate[-1] < DECAYED_SHARE * self.peak_rate)

    @property
    def gap(self) -> float:
        """Training accuracy above validation accuracy at the end, as a fraction; negative where it is below."""
        return at_the_end(self.accuracy) - at_the_end(self.val_accuracy)

    @property
    def watched_error(self) -> float:
        """Standard error of the validation accuracy, as a fraction; 0 where the number of images is not known."""
        if not self.watched_count:
            return 0.0
        share = min(max(at_the_end(self.val_accuracy), 0.0), 1.0)
        return math.sqrt(share * (1 - share) / self.watched_count)


def read_curve(
    record: RunConfig, class_count: int, history: pd.DataFrame, steps: pd.DataFrame, status: RunStatus
) -> Curve:
    """The curve of a run, as the arguments of :func:`cnn_core.coach.advise` describe it."""
    config = _as_asked(record)
    columns = {name: history[name].to_numpy(np.float64) for name in ("epoch", *_COLUMNS)}
    epoch = columns.pop("epoch").astype(int)
    columns["rate"] = columns.pop("learning_rate")
    return Curve(config, class_count, status, steps, epoch, **columns, watched_count=_watched_count(config))


_COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def _as_asked(record: RunConfig) -> RunConfig:
    """The settings alone (a run's record holds more), as a new run would train all these epochs at once."""
    settings = {name: getattr(record, name) for name in RunConfig.model_fields}
    training = record.training
    _, most = limits(TrainingConfig, "epochs")
    folded = {"epochs": min(training.total_epochs, int(most or training.total_epochs)), "continuations": ()}
    return RunConfig(**{**settings, "training": training.model_copy(update=folded)})


def _watched_count(config: RunConfig) -> int | None:
    try:
        card = dataset_card(config.dataset)
    except DatasetError:
        return None
    return image_counts(card, config.training).validation or card.test_count


def at_the_end(values: np.ndarray) -> float:
    """Mean of the last :data:`AT_THE_END` values."""
    return float(np.mean(values[-AT_THE_END:]))
