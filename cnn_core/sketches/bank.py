"""Sketches by class name, ready for a training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnn_core.sketches.accessories import bag, boot, sandal, sneaker
from cnn_core.sketches.garments import coat, dress, pullover, shirt, t_shirt, trousers
from cnn_core.sketches.hand import penned, shaken

# Of a class in a training: made up within seconds, and enough that few are seen often.
SKETCHES_OF_A_CLASS = 500


def shapes() -> dict[str, Callable[[np.random.Generator], list[np.ndarray]]]:
    """What draws the strokes of another sketch each time, by the name of its class."""
    return {
        "T-shirt/top": t_shirt,
        "Trouser": trousers,
        "Pullover": pullover,
        "Dress": dress,
        "Coat": coat,
        "Sandal": sandal,
        "Shirt": shirt,
        "Sneaker": sneaker,
        "Bag": bag,
        "Ankle boot": boot,
    }


def has_sketches(class_names: tuple[str, ...]) -> bool:
    """Whether each class of a dataset can be sketched."""
    return shapes().keys() >= set(class_names)


def make_sketches(class_names: tuple[str, ...], shape: tuple[int, int, int], count: int, seed: int) -> np.ndarray:
    """Make up sketches of classes, as images that a network learns from: bright on black, filling the frame.

    Args:
        class_names: Names that :func:`shapes` knows.
        shape: (height, width, channels) of an image; all channels are alike.
        count: How many of a class.
        seed: The same seed makes up the same ones.

    Returns:
        (classes, count, height, width, channels) uint8.
    """
    images, outlines = np.zeros((len(class_names), count, *shape), np.uint8), shapes()
    for label, name in enumerate(class_names):
        outlined, rng = outlines[name], np.random.default_rng((seed, list(outlines).index(name)))
        for number in range(count):
            images[label, number] = penned(shaken(outlined(rng), rng), rng, *shape[:2])[..., np.newaxis]
    return images
