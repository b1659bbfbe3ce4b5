"""Images made to excite a filter, by climbing its gradient. Importing this module imports TensorFlow.

Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009); what keeps the images from becoming noise,
moving them about and blurring, is from Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill, 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_core.errors import ConfigError
from cnn_core.learn.stations import check_filter
from cnn_core.learn.walk import Walk

_STEPS = 60
# Brightnesses a step, for the average pixel.
_RATE = 8.0
# Of the way back to grey, a step.
_DECAY = 0.01
# The image is moved by up to so many pixels before each step, of 28.
_JITTER_OF_28 = 2
_BLUR_EVERY = 6
_GREY, _NOISE = 128.0, 16.0
# Where an activation is silent it has no slope: so much of the number before it is climbed, too.
_LEAK = 0.01


@dataclass(frozen=True, eq=False)
class Dreamed:
    """An image that was made for a filter.

    Attributes:
        image: (H, W, C) uint8, as the network takes it.
        value: The mean of the filter's map for it.
        start: The same for the noise that it was made from.
    """

    image: np.ndarray
    value: float
    start: float

    @property
    def is_dead(self) -> bool:
        """Whether the filter did not answer to anything that was tried: no step made it any stronger."""
        return self.value <= self.start


class Ascent:
    """Makes images that excite the filters of one station; its graph is compiled at the first call.

    Climbed is the mean of the filter's map over all places, from seeded noise around grey.

    Args:
        walk: Of the network.
        name: The station; not the picture itself.

    Raises:
        ConfigError: There is no such station, or nothing can be climbed there.
    """

    def __init__(self, walk: Walk, name: str) -> None:
        self._station = walk.station(name)
        if not self._station.sources:
            raise ConfigError(f"'{name}' is the picture itself. Choose a layer behind it.")
        self._walk = walk
        self._shape = walk.stations[0].shape
        before = self._station.sources[0]
        self._before = before if self._station.kind == "activation" else None
        spec = tf.TensorSpec((None, *self._shape), tf.float32)
        filters = tf.TensorSpec((None,), tf.int32)
        self._step: Any = tf.function(self._climb, input_signature=[spec, filters, tf.TensorSpec((2,), tf.int32)])
        self._value: Any = tf.function(self._strengths, input_signature=[spec, filters])

    def images(self, filters: Sequence[int], seed: int = 0) -> tuple[Dreamed, ...]:
        """Make an image for each of some filters, all at once. The same call gives the same images.

        Args:
            filters: Their numbers, at least one.
            seed: Of the noise, and of how the image is moved about.

        Raises:
            ConfigError: There is no such filter, or none was given.
        """
        if not filters:
            raise ConfigError("No filter was chosen. Choose at least one.")
        chosen = tf.constant([check_filter(self._station, number) for number in filters], tf.int32)
        start = np.stack([self._noise(number, seed) for number in filters])
        random = np.random.default_rng(seed)
        jitter = -(-_JITTER_OF_28 * min(self._shape[:2]) // 28)
        images = tf.constant(start)
        for step in range(_STEPS):
            images = self._step(images, chosen, tf.constant(random.integers(-jitter, jitter + 1, 2), tf.int32))
            if step % _BLUR_EVERY == 0:
                images = _blurred(images)
        made = np.rint(np.clip(images.numpy(), 0, 255)).astype(np.uint8)
        values, starts = (self._value(tf.constant(np.float32(one)), chosen).numpy() for one in (made, np.rint(start)))
        return tuple(
            Dreamed(image, float(value), float(first)) for image, value, first in zip(made, values, starts, strict=True)
        )

    def _noise(self, number: int, seed: int) -> np.ndarray:
        random = np.random.default_rng([seed, number])
        noise: np.ndarray = random.normal(_GREY, _NOISE, self._shape).clip(0, 255).astype(np.float32)
        return noise

    def _climb(self, images: Any, filters: Any, shift: Any) -> Any:
        """One step: moved, climbed, moved back, drawn a little towards grey."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            moved = tf.roll(images, shift, axis=[1, 2])
            strength = self._strengths(moved, filters, leak=_LEAK)
        slope = tape.gradient(strength, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        size = tf.sqrt(tf.reduce_mean(slope**2, axis=(1, 2, 3), keepdims=True))
        # The same step for every filter, however steep; none where there is no slope.
        climbed = images + _RATE * tf.math.divide_no_nan(slope, size)
        return tf.clip_by_value(climbed + _DECAY * (_GREY - climbed), 0.0, 255.0)

    def _strengths(self, images: Any, filters: Any, leak: float = 0.0) -> Any:
        names = [self._station.name, *([self._before] if self._before and leak else [])]
        found = self._walk.compute(images, names)
        strength = _mean_of(found[self._station.name], filters)
        return strength + leak * _mean_of(found[self._before], filters) if self._before and leak else strength


def _mean_of(values: Any, filters: Any) -> Any:
    """The mean of each image's own filter: (N,) from (N, …, filters)."""
    means = tf.reduce_mean(values, axis=list(range(1, values.shape.rank - 1)))
    return tf.gather(means, filters[:, None], batch_dims=1)[:, 0]


def _blurred(images: Any) -> Any:
    """By a kernel of 1 2 1, down and across; at the edges as if the outermost pixels went on."""
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
    down = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return (down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]) / 4
