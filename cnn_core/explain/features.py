"""What a network has made of images before it decides: their features. Importing this module imports TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnn_core.errors import RunError

# So many numbers an image at most: 60,000 images take 123 MB in memory, half of it on the disk.
MOST_FEATURES = 512
_BATCH_SIZE = 128


class FeatureNetwork:
    """Features of images in one network: the input of its last dense layer, made unit vectors.

    Networks that flatten a large map of features have tens of thousands of them. More than :data:`MOST_FEATURES` are
    summed up in as many groups, drawn at random once and for all, each feature with a random sign: that keeps the
    cosine of two images up to about 1 / √512 = 0.04 (Weinberger et al., "Feature Hashing for Large Scale Multitask
    Learning", ICML 2009; ours has groups of equal size).

    Args:
        model: From (N, H, W, C) uint8 to (N, classes) logits, a dense layer last.

    Raises:
        RunError: Another layer is the last.
    """

    def __init__(self, model: keras.Model) -> None:
        if not isinstance(model.layers[-1], keras.layers.Dense):
            raise RunError("The last layer of this network is not dense: its images cannot be compared.")
        before = model.layers[-1].input
        body = keras.Model(model.input, before)
        width = int(before.shape[-1])
        shorten = grouping(width, MOST_FEATURES) if width > MOST_FEATURES else None

        def features(images: Any) -> Any:
            found = body(images, training=False)
            return tf.math.l2_normalize(shorten(found) if shorten else found, axis=1)

        spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
        self.width = min(width, MOST_FEATURES)
        self._features: Any = tf.function(features, input_signature=[spec])

    def features(self, images: np.ndarray) -> np.ndarray:
        """The features of (N, H, W, C) uint8 images: (N, features) float32, unit vectors; zero where there is nothing.

        All at once: for a few images. Safe from many threads.
        """
        return self._features(tf.constant(images)).numpy()  # type: ignore[no-any-return]

    def many(
        self,
        images: np.ndarray,
        on_share: Callable[[float], None],
        is_busy: Callable[[], bool] = lambda: False,
    ) -> np.ndarray:
        """The features of a whole set of images, in batches.

        Args:
            images: (N, H, W, C) uint8.
            on_share: Called after each batch with the share that is done, above 0, at last 1. What it raises ends
                the work.
            is_busy: Whether the machine has something more important to do: then every second moment is left to it.

        Returns:
            (N, features) float16, unit vectors.

        Raises:
            RunError: A feature is not a finite number.
        """
        found = np.empty((len(images), self.width), np.float16)
        for first in range(0, len(images), _BATCH_SIZE):
            began = time.perf_counter()
            batch = self.features(images[first : first + _BATCH_SIZE])
            if not np.isfinite(batch).all():
                raise RunError("The network's features are not finite numbers: its training went astray.")
            found[first : first + len(batch)] = batch
            if is_busy():
                time.sleep(time.perf_counter() - began)
            on_share(min(1.0, (first + _BATCH_SIZE) / len(images)))
        return found


def grouping(width: int, count: int) -> Callable[[Any], Any]:
    """What sums features up in groups: from (N, width) to (N, count), as :class:`FeatureNetwork` does."""
    # The seed is part of what stored features mean: with another one, their format is raised.
    random = np.random.default_rng(0)
    order = tf.constant(random.permutation(width), tf.int32)
    signs = tf.constant(random.choice([-1.0, 1.0], width), tf.float32)
    rows = -(-width // count)

    def shorten(features: Any) -> Any:
        mixed = tf.gather(features * signs, order, axis=1)
        padded = tf.pad(mixed, [[0, 0], [0, rows * count - width]])
        return tf.reduce_sum(tf.reshape(padded, (-1, rows, count)), axis=1)

    return shorten
