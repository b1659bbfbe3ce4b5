"""A model's answers for many images."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

# Large enough that the arithmetic outweighs the call, small enough that the feature maps stay in the cache; fewer where
# the feature maps of one layer would take more than this.
PREDICTION_BATCH = 500
MOST_FEATURE_BYTES = 2**27


def predict_logits(model: keras.Model, images: np.ndarray, between: Callable[[], None] = lambda: None) -> np.ndarray:
    """The model's logits for many images, in large batches.

    Args:
        model: From uint8 images to logits.
        images: (N, H, W, C) uint8.
        between: Called after every batch.

    Returns:
        (N, classes) float32.
    """
    parts, size = [], prediction_batch(model)
    for start in range(0, len(images), size):
        parts.append(model.predict_on_batch(images[start : start + size]))
        between()
    return np.concatenate(parts).astype(np.float32)


def prediction_batch(model: keras.Model) -> int:
    """How many images :func:`predict_logits` gives to a model at once."""
    largest = max(math.prod(layer.output.shape[1:]) for layer in model.layers)
    return max(1, min(PREDICTION_BATCH, MOST_FEATURE_BYTES // (4 * int(largest))))
