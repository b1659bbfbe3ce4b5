"""Images made to excite a filter, by climbing its gradient. Importing this module imports TensorFlow.

Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009); what keeps the images from becoming noise,
moving them about and blurring, is from Olah, Mordvintsev and Schubert, "Feature Visualization" (Distill, 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_core.errors import ConfigError
from cnn_core.learn.receptive import ReceptiveField, receptive_field
from cnn_core.learn.stations import check_filter
from cnn_core.learn.walk import Walk

_STEPS = 60
# Brightnesses that the average pixel moves in the first step; each step is shorter than the one before.
_RATE = 24.0
# Of the way back to grey, a step.
_DECAY = 0.01
# Before each of these steps the image is moved by up to so many pixels, of 28, and every so often it is blurred; the
# steps after them sharpen it.
_MOVED_STEPS, _MOVED_OF_28 = 45, 1
_BLURRED_STEPS, _BLUR_EVERY = 40, 6
_GREY, _NOISE = 128.0, 16.0


@dataclass(frozen=True, eq=False)
class MadeImage:
    """An image that was made for a filter.

    Attributes:
        image: (H, W, C) uint8, as the network takes it; grey where the filter sees nothing of it.
        place: The number that was climbed: in the middle of the filter's map, (row, column, channel), or (unit,).
        field: The part of the image that this number is made of.
        value: The number for the image.
        start: The number for the noise that the image was made from.
        is_climbed: Whether what was climbed moved: at a station of activations, the number that enters.
    """

    image: np.ndarray
    place: tuple[int, ...]
    field: ReceptiveField
    value: float
    start: float
    is_climbed: bool

    @property
    def is_dead(self) -> bool:
        """Whether the filter did not answer to anything that was tried.

        Its number is what it was for the noise: that of a silent activation, or one that does not depend on the image.
        An activation that stays as high as it can be is neither.
        """
        return self.value == self.start and not (self.is_climbed and self.value > 0)


class Ascent:
    """Makes images that excite the filters of one station; its graph is compiled at the first call.

    Climbed is the number in the middle of the filter's map, from seeded noise around grey. At a station of activations
    it is the number that enters: where a ReLU is silent there is no slope to climb.

    Args:
        walk: Of the network.
        name: The station; not the picture itself.

    Raises:
        ConfigError: There is no such station, or it is the picture.
    """

    def __init__(self, walk: Walk, name: str) -> None:
        self._station = walk.station(name)
        if not self._station.sources:
            raise ConfigError(f"'{name}' is the picture itself. Choose a layer behind it.")
        self._walk = walk
        self._shape = walk.stations[0].shape
        self._middle = tuple(side // 2 for side in self._station.shape[:-1])
        self._climbed = self._station.sources[0] if self._station.kind == "activation" else name
        images, filters = tf.TensorSpec((None, *self._shape), tf.float32), tf.TensorSpec((None,), tf.int32)
        step = [images, filters, tf.TensorSpec((2,), tf.int32), tf.TensorSpec((), tf.float32)]
        self._step: Any = tf.function(self._climb, input_signature=step, autograph=False)
        self._values: Any = tf.function(self._shown_and_climbed, input_signature=[images, filters], autograph=False)

    def images(self, filters: Sequence[int], seed: int = 0) -> tuple[MadeImage, ...]:
        """Make an image for each of some filters, all at once. The same call gives the same images.

        Args:
            filters: Their numbers, counted from 0; at least one.
            seed: Of the noise, and of how the image is moved about.

        Raises:
            ConfigError: There is no such filter, or none was given.
        """
        if not filters:
            raise ConfigError("No filter was chosen. Choose at least one.")
        numbers = [check_filter(self._station, number) for number in filters]
        start = np.stack([self._noise(number, seed) for number in numbers])
        chosen = tf.constant(numbers, tf.int32)
        images = tf.constant(start)
        for step, shift in enumerate(self._shifts(seed)):
            images = self._step(images, chosen, tf.constant(shift, tf.int32), tf.constant(_RATE * (1 - step / _STEPS)))
            if step < _BLURRED_STEPS and step % _BLUR_EVERY == 0:
                images = _blurred(images)
        made = np.rint(images.numpy())
        ends, begins = (self._values(tf.constant(one), chosen) for one in (made, start))
        values, starts = (found[0].numpy().tolist() for found in (ends, begins))
        moved = (ends[1] != begins[1]).numpy().tolist()
        found = zip(numbers, made.astype(np.uint8), values, starts, moved, strict=True)
        return tuple(self._made(*one) for one in found)

    def _made(self, number: int, image: np.ndarray, value: float, start: float, is_climbed: bool) -> MadeImage:
        place = (*self._middle, number)
        field = receptive_field(self._walk.stations, self._station.name, place)
        return MadeImage(image, place, field, value, start, is_climbed)

    def _noise(self, number: int, seed: int) -> np.ndarray:
        # Each filter has its own, whichever others are asked for.
        random = np.random.default_rng([seed, number])
        noise: np.ndarray = np.rint(random.normal(_GREY, _NOISE, self._shape).clip(0, 255)).astype(np.float32)
        return noise

    def _shifts(self, seed: int) -> Iterator[np.ndarray]:
        """How far the image is moved before each step: rows and columns."""
        random = np.random.default_rng(seed)
        most = -(-_MOVED_OF_28 * min(self._shape[:2]) // 28)
        for step in range(_STEPS):
            yield random.integers(-most, most + 1, 2) if step < _MOVED_STEPS else np.zeros(2, np.int64)

    def _climb(self, images: Any, filters: Any, shift: Any, rate: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            climbed = self._numbers(self._climbed, tf.roll(images, shift, axis=[1, 2]), filters)
        slope = tape.gradient(climbed, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # A step as long for every filter, however steep; none where there is no slope.
        steepness = tf.sqrt(tf.reduce_mean(slope**2, axis=(1, 2, 3), keepdims=True))
        images += rate * tf.math.divide_no_nan(slope, steepness)
        return tf.clip_by_value(images + _DECAY * (_GREY - images), 0.0, 255.0)

    def _shown_and_climbed(self, images: Any, filters: Any) -> tuple[Any, Any]:
        return tuple(self._numbers(name, images, filters) for name in (self._station.name, self._climbed))

    def _numbers(self, name: str, images: Any, filters: Any) -> Any:
        """For each image the number in the middle of its own filter's map: (N,)."""
        values = self._walk.compute(images, [name])[name]
        in_middle = values[(slice(None), *self._middle)]
        return tf.gather(in_middle, filters[:, None], batch_dims=1)[:, 0]


def _blurred(images: Any) -> Any:
    """By a kernel of 1 2 1, down and across; at the edges as if the outermost pixels went on."""
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
    down = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return (down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]) / 4
