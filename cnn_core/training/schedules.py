"""Learning rate as a function of the step, inside the training graph."""

from __future__ import annotations

import math

import keras
from keras import ops

from cnn_core.config import TrainingConfig

# Smith & Topin, "Super-Convergence" (2018), with the linear warm-up and the decay to nothing that
# cifar10-airbench uses.
WARM_UP_SHARE = 0.25
START_DIVISOR = 10.0
END_DIVISOR = 1000.0


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Linear warm-up to the peak over the first quarter, then a half cosine down to a thousandth of it.

    Args:
        peak: Largest learning rate.
        total_steps: Steps of the whole run.
    """

    def __init__(self, peak: float, total_steps: int) -> None:
        self.peak = peak
        self.total_steps = total_steps

    def __call__(self, step: int) -> keras.KerasTensor:
        """The learning rate of a step, counted from 0."""
        warm_up = max(1.0, WARM_UP_SHARE * self.total_steps)
        step = ops.cast(step, "float32")
        rising = self.peak * (1 / START_DIVISOR + (1 - 1 / START_DIVISOR) * step / warm_up)
        progress = ops.minimum(1.0, (step - warm_up) / max(1.0, self.total_steps - warm_up))
        end = self.peak / END_DIVISOR
        falling = end + (self.peak - end) * 0.5 * (1 + ops.cos(math.pi * progress))
        return ops.where(step < warm_up, rising, falling)

    def get_config(self) -> dict[str, float]:
        """What Keras needs to save the schedule."""
        return {"peak": self.peak, "total_steps": self.total_steps}


def build_optimizer(config: TrainingConfig, total_steps: int) -> keras.optimizers.Optimizer:
    """The optimizer of a run, with its schedule.

    Args:
        config: The settings.
        total_steps: Steps of the whole run; the one-cycle schedule ends there.
    """
    rate = OneCycle(config.learning_rate, total_steps) if config.schedule == "one-cycle" else config.learning_rate
    decay = config.weight_decay or None
    match config.optimizer:
        case "adam":
            optimizer = keras.optimizers.Adam(rate, weight_decay=decay)
        case "adamw":
            optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
        case "sgd":
            optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(rate, weight_decay=decay)
    if config.weight_decay:
        # Offsets and the scales of batch normalisation carry no capacity to be held back.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
