"""A map of images as a browser draws it: points, their colours, and what stands in the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnn_core.figures.colours import MARK, SERIES

MOST_COLOURED = len(SERIES)
# Of many classes so many are coloured where nobody has chosen.
_COLOURED_OF_MANY = 6
# Places on a map are sent as whole numbers up to this: a hundredth of a pixel.
_STEPS = 10_000


@dataclass(frozen=True)
class ClassColours:
    """Which classes have a colour on a map.

    Attributes:
        labels: Of the coloured classes, in the order of the legend.
        colours: Theirs, ``#RRGGBB``.
        is_all: Whether no class is grey.
    """

    labels: tuple[int, ...]
    colours: tuple[str, ...]
    is_all: bool


def class_colours(labels: np.ndarray, class_count: int, chosen: Sequence[int]) -> ClassColours:
    """Choose the classes that have a colour: all where they are few, else those that are chosen, or the largest.

    Args:
        labels: (n,) of the images on the map.
        class_count: How many classes there are.
        chosen: Classes to point out; so many as there are colours for are.
    """
    if class_count <= MOST_COLOURED:
        # Each class always has the same colour.
        shown = tuple(dict.fromkeys(chosen)) or tuple(range(class_count))
        return ClassColours(shown, tuple(SERIES[label] for label in shown), len(shown) == class_count)
    shown = tuple(dict.fromkeys(chosen))[:MOST_COLOURED]
    if not shown:
        counts = np.bincount(labels, minlength=class_count)
        shown = tuple(sorted(np.argsort(-counts, kind="stable")[:_COLOURED_OF_MANY].tolist()))
    return ClassColours(shown, SERIES[: len(shown)], is_all=False)


def map_drawing(
    points: np.ndarray, labels: np.ndarray, class_names: Sequence[str], colours: ClassColours
) -> dict[str, Any]:
    """What a browser needs to draw a map.

    Args:
        points: (n, 2) in [-1, 1], as :attr:`cnn_core.data.understand.image_map.ImageMap.points`.
        labels: (n,) int64.
        class_names: In the order of the labels.
        colours: Of the classes.

    Returns:
        "x" and "y": whole numbers from 0 to 10,000, y downwards; "classes": the class of each image, as its place in
        "names", which holds those that are on the map; "colours": of each of these; "grey": whether it is one of many
        that have none; "legend": places in "names" in the order of the legend.
    """
    present, which = np.unique(labels, return_inverse=True)
    by_label = dict(zip(colours.labels, colours.colours, strict=True))
    places = {int(label): place for place, label in enumerate(present)}
    x, y = (np.rint((1 + sign * points[:, axis]) / 2 * _STEPS).astype(int) for axis, sign in ((0, 1), (1, -1)))
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "classes": which.tolist(),
        "names": [class_names[label] for label in present],
        "colours": [by_label.get(int(label), MARK) for label in present],
        "grey": [int(label) not in by_label for label in present],
        "legend": [places[label] for label in colours.labels if label in places],
    }
