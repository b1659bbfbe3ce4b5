"""How a network's accuracy falls when its test images are changed more and more. No Keras is imported here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.data.sample import by_chance
from cnn_core.duel.changes import CHANGES, Name, background_of
from cnn_core.evaluation.measures import wilson_interval

MOST_IMAGES = 2000
# Of the images that are changed: large ones are fewer.
_MOST_BYTES = 2**26
# Of the images that are changed, and that a network is asked for, at a time.
_BATCH, _BATCH_PIXELS = 250, 400_000

Logits = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What one network answers for images that were changed more and more.

    Attributes:
        name: Of the change.
        strengths: Rising from 0.
        predicted: (strengths, N) int64: the class that the network names for each image.
        labels: (N,) the true ones.
        background: (C,) uint8, what the images have at their edges.
    """

    name: Name
    strengths: tuple[float, ...]
    predicted: np.ndarray
    labels: np.ndarray
    background: np.ndarray

    @property
    def count(self) -> int:
        """Images of each strength."""
        return len(self.labels)

    @property
    def hits(self) -> tuple[int, ...]:
        """Of the images of each strength, how many were named rightly."""
        return tuple(int((one == self.labels).sum()) for one in self.predicted)

    @property
    def accuracies(self) -> tuple[float, ...]:
        """At each strength, as fractions."""
        return tuple(hits / self.count for hits in self.hits)

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """Wilson's 95 % interval of each accuracy."""
        return tuple(wilson_interval(hits, self.count) for hits in self.hits)


def chosen_images(images: np.ndarray) -> np.ndarray:
    """Which test images a sweep looks at, the same for every network: indices, in order."""
    bytes_of_one = max(1, int(np.prod(images.shape[1:])))
    count = min(len(images), MOST_IMAGES, max(4, _MOST_BYTES // bytes_of_one))
    return by_chance(len(images), count)


def sweep(
    name: Name,
    logits: Logits,
    images: np.ndarray,
    labels: np.ndarray,
    on_share: Callable[[float], None] = lambda _: None,
) -> Sweep:
    """Measure a network on images that are changed more and more.

    Args:
        name: Of the change.
        logits: From (N, H, W, C) uint8 to (N, classes).
        images: (N, H, W, C) uint8, at least one.
        labels: (N,).
        on_share: Called with the share that is done, in (0, 1]; what it raises ends the work.
    """
    height, width = images.shape[1:3]
    strengths, background = CHANGES[name].strengths(height, width), background_of(images)
    # Of large images few at a time, changed just before they are asked for: theirs are the most bytes.
    batch = min(_BATCH, max(1, _BATCH_PIXELS // (height * width)))
    starts = range(0, len(images), batch)
    predicted = np.empty((len(strengths), len(images)), np.int64)
    for number, strength in enumerate(strengths):
        for done, first in enumerate(starts, start=1):
            part = slice(first, first + batch)
            shown = _changed(name, images[part], strength, background, first)
            predicted[number, part] = logits(shown).argmax(axis=1)
            on_share((number + done / len(starts)) / len(strengths))
    return Sweep(name, strengths, predicted, labels, background)


def _changed(name: Name, images: np.ndarray, strength: float, background: np.ndarray, first: int) -> np.ndarray:
    return images if strength == 0 else CHANGES[name].apply(images, strength, background, first)


def examples(sweep: Sweep, image: np.ndarray, index: int) -> list[np.ndarray]:
    """One image as a sweep changed it: (H, W, C) uint8 for each strength.

    Args:
        sweep: Which one.
        image: (H, W, C) uint8, one of those that it looked at.
        index: Of the image among them.
    """
    return [_changed(sweep.name, image[None], strength, sweep.background, index)[0] for strength in sweep.strengths]
