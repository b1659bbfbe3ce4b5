"""The Keras optimizer of a run. Its learning rate is set step by step from outside."""

from __future__ import annotations

import keras

from cnn_core.config import TrainingConfig
from cnn_core.training.muon import Muon


def build_optimizer(training: TrainingConfig) -> keras.optimizers.Optimizer:
    """The optimizer that the settings ask for."""
    rate, decay = training.learning_rate, training.weight_decay
    clipping = {"global_clipnorm": training.clip_norm or None}
    momentum = {"momentum": training.momentum, "nesterov": training.nesterov}
    match training.optimizer:
        case "adam":
            optimizer = keras.optimizers.Adam(rate, weight_decay=decay or None, **clipping)
        case "adamw":
            optimizer = keras.optimizers.AdamW(rate, weight_decay=decay, **clipping)
        case "sgd":
            optimizer = keras.optimizers.SGD(rate, weight_decay=decay or None, **momentum, **clipping)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(rate, weight_decay=decay or None, **clipping)
        case "muon":
            optimizer = Muon(rate, weight_decay=decay, adam_weight_decay=decay, **momentum, **clipping)
    if decay:
        # Offsets and the scales of batch normalisation carry no capacity to be held back.
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
