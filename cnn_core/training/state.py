"""The state of a training between two steps: enough to go on as if nothing had happened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from cnn_core.config import TrainingConfig

# Improvements smaller than this are noise to a plateau; early stopping counts every improvement.
PLATEAU_MARGIN = 1e-4


@dataclass
class Score:
    """How good the epochs were, by the monitored figure.

    Attributes:
        best_epoch: The best one so far; 0 before the first.
        best: Its score, higher is better: the monitored figure first, the other one where two are equal.
        waited: Epochs since then, for early stopping.
        plateau: Epochs since the last decay or the last clear improvement.
        plateau_best: What a clear improvement must surpass.
    """

    best_epoch: int = 0
    best: tuple[float, float] = (-math.inf, -math.inf)
    waited: int = 0
    plateau: int = 0
    plateau_best: float = -math.inf

    def offer(self, training: TrainingConfig, epoch: int, val_accuracy: float, val_loss: float) -> bool:
        """Count an epoch, and say whether it is the best so far."""
        by_loss = training.monitor == "val_loss"
        score = (-val_loss, val_accuracy) if by_loss else (val_accuracy, -val_loss)
        self.waited, self.plateau = self.waited + 1, self.plateau + 1
        if score[0] > self.plateau_best + PLATEAU_MARGIN:
            self.plateau, self.plateau_best = 0, score[0]
        if score <= self.best:
            return False
        self.best, self.best_epoch, self.waited = score, epoch, 0
        return True


@dataclass
class Position:
    """Where the training stands.

    Attributes:
        epoch: Under way, counted from 1.
        step: Steps of it that are done.
        loss_sum: Over the images of these steps.
        correct: Images of these steps that were classified right.
        seconds: That these steps took.
        rate_scale: What changes by hand have multiplied the schedule by.
        rate_limit: What the rate does not surpass since it was changed by hand; ``None`` before.
        plateau_scale: What plateaus have multiplied it by.
        last_rate: The learning rate of the step taken last.
        continuations: Of the run, that have begun.
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0
    rate_scale: float = 1.0
    rate_limit: float | None = None
    plateau_scale: float = 1.0
    last_rate: float = 0.0
    continuations: int = 0


@dataclass(frozen=True)
class TrainingState:
    """Position, scores and arrays (weights, optimizer, averages, the weights to keep), all NumPy and plain data."""

    position: Position
    score: Score
    kept_epoch: int
    arrays: dict[str, list[np.ndarray]] = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """What is not an array, for JSON."""
        return {"position": asdict(self.position), "score": asdict(self.score), "kept_epoch": self.kept_epoch}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], arrays: dict[str, list[np.ndarray]]) -> Self:
        """The state that :meth:`facts` and the arrays came from.

        Raises:
            KeyError, TypeError: Another version of CNN Lab wrote them.
        """
        score = Score(**{**facts["score"], "best": tuple(facts["score"]["best"])})
        return cls(Position(**facts["position"]), score, int(facts["kept_epoch"]), arrays)
