"""How a network's accuracy falls when its test images are changed more and more. No Keras is imported here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.duel.changes import CHANGES, Change, Name, background_of
from cnn_core.evaluation.measures import wilson_interval

MOST_IMAGES = 2000
# Of the images that are changed: large ones are fewer.
_MOST_BYTES = 2**26
_BATCH = 250
_SEED = 0

Logits = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What one network answers for images that were changed more and more.

    Attributes:
        name: Of the change.
        strengths: Rising from 0.
        predicted: (strengths, N) int64: the class that the network names for each image.
        labels: (N,) the true ones.
    """

    name: Name
    strengths: tuple[float, ...]
    predicted: np.ndarray
    labels: np.ndarray

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
    return np.sort(np.random.default_rng(_SEED).permutation(len(images))[:count])


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
    change, background = CHANGES[name], background_of(images)
    strengths = change.strengths(*images.shape[1:3])
    predicted = []
    for number, strength in enumerate(strengths, start=1):
        shown = images if strength == 0 else change.apply(images, strength, background)
        parts = [logits(shown[first : first + _BATCH]).argmax(axis=1) for first in range(0, len(shown), _BATCH)]
        predicted.append(np.concatenate(parts))
        on_share(number / len(strengths))
    return Sweep(name, strengths, np.stack(predicted), labels)


def examples(change: Change, images: np.ndarray, index: int) -> list[np.ndarray]:
    """One image as a sweep changes it: (H, W, C) uint8 for each strength.

    Args:
        change: Which one.
        images: Those that the sweep looks at.
        index: Of the one shown, among them.
    """
    background = background_of(images)
    found = []
    for strength in change.strengths(*images.shape[1:3]):
        # All up to this one: what happens to an image depends on its place among them.
        shown = images if strength == 0 else change.apply(images[: index + 1], strength, background)
        found.append(shown[index])
    return found
