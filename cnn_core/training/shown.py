"""Images shown as people bring them, for what is measured: as photos, as drawings, as made-up sketches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cnn_core.config import AugmentationConfig
from cnn_core.inference.outliers import StandardName

_BATCH = 500


def ways_of(augmentation: AugmentationConfig) -> Mapping[StandardName, Sequence[AugmentationConfig]]:
    """In which ways a training shows its images, by what is made of them.

    Args:
        augmentation: Of the training.

    Returns:
        For each name the ways that its images are shown in by turns, as many of them in each; of ``dataset`` none, as
        they are. Photos and drawings are there where the training shows some.
    """
    photos = augmentation.model_copy(update={"photos": 1.0, "drawings": 0.0, "sketches": 0.0})
    drawings = augmentation.model_copy(update={"photos": 0.0, "drawings": 1.0, "sketches": 0.0})
    sketches = augmentation.model_copy(update={"photos": 0.0, "drawings": 0.0, "sketches": 1.0})
    ways: dict[StandardName, list[AugmentationConfig]] = {"dataset": []}
    if augmentation.photos:
        ways["photo"] = [photos]
    if augmentation.drawings or augmentation.sketches:
        ways["drawing"] = [drawings] * (augmentation.drawings > 0) + [sketches] * (augmentation.sketches > 0)
    return ways


def shown_in(
    ways: Sequence[AugmentationConfig],
    images: np.ndarray,
    labels: np.ndarray,
    sketches: np.ndarray | None,
    part: int,
) -> np.ndarray:
    """The images as a training shows them, in these ways by turns; the same each time.

    Args:
        ways: From :func:`ways_of`; without any, the images come back as they are.
        images: (N, H, W, C) uint8.
        labels: (N,), whole numbers.
        sketches: (classes, K, H, W, C) uint8, where a way shows some.
        part: Draws otherwise than another part does.

    Returns:
        (N, H, W, C) uint8.
    """
    if not ways:
        return images
    shown = np.empty_like(images)
    for number, way in enumerate(ways):
        turn = slice(number, None, len(ways))
        shown[turn] = _shown_in(way, images[turn], labels[turn], sketches, part)
    return shown


def _shown_in(
    way: AugmentationConfig, images: np.ndarray, labels: np.ndarray, sketches: np.ndarray | None, part: int
) -> np.ndarray:
    import tensorflow as tf

    from cnn_core.training.augment import augment, sketch

    def shown(some: slice) -> np.ndarray:
        seed, batch = tf.constant([part, some.start], tf.int32), tf.constant(images[some])
        if sketches is not None and way.sketches:
            batch = sketch(batch, labels[some], sketches, way, seed)
        found: np.ndarray = augment(batch, way, seed).numpy()
        if way.sketches == 1:
            # Some people fill what they draw with their pen: of each third sketch, the shape alone.
            found[::3] = np.where(found[::3] > 0, np.uint8(255), np.uint8(0))
        return found

    if not len(images):
        return images
    return np.concatenate([shown(slice(first, first + _BATCH)) for first in range(0, len(images), _BATCH)])
