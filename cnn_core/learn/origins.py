"""From a number of a network back to one that it was made of: the way to the picture, step by step. No Keras here."""

from __future__ import annotations

import numpy as np

from cnn_core.learn.explanations import (
    Activated,
    Added,
    Averaged,
    Explanation,
    Mixed,
    Normalised,
    Pooled,
    Scaled,
    Taken,
)
from cnn_core.learn.weighed import WeighedSum, WeighedWindow

Place = tuple[int, ...]


def origin_of(explanation: Explanation, place: Place) -> tuple[str, Place] | None:
    """The number that counted most for another one: its station, and its place there.

    Of a convolution it is the largest product's in the map that counts most; of a dense layer the largest product's; of
    a pooling the largest number, or the middle one.

    Args:
        explanation: How the other number came about.
        place: Where that one is.

    Returns:
        ``None`` where nothing is behind it, as for the picture and for a zero of the border.
    """
    match explanation:
        case WeighedWindow():
            return _in_window(explanation)
        case WeighedSum():
            unit = int(np.abs(explanation.products).argmax())
            return explanation.source, (*place[:-1], unit)
        case Normalised() | Activated() | Scaled():
            return explanation.source, place
        case Pooled():
            middle = (_inside(explanation.rows, explanation), _inside(explanation.columns, explanation, axis=0))
            return explanation.source, (*(explanation.winner or middle), place[-1])
        case Averaged():
            row, column = np.unravel_index(np.abs(explanation.numbers).argmax(), explanation.numbers.shape)
            return explanation.source, (int(row), int(column), place[-1])
        case Added():
            largest = int(np.abs(explanation.terms).argmax())
            return explanation.sources[largest], place
        case Mixed():
            down, across = np.unravel_index(explanation.shares.argmax(), explanation.shares.shape)
            return explanation.source, (explanation.rows[down], explanation.columns[across], place[-1])
        case Taken(place=origin) if origin is not None:
            return explanation.source, origin
    return None


def _in_window(window: WeighedWindow) -> tuple[str, Place] | None:
    channel = int(np.abs(window.channel_sums).argmax())
    # A zero of the border counts for nothing.
    weight = np.where(window.is_inside, np.abs(window.products[..., channel]), -1.0)
    down, across = np.unravel_index(weight.argmax(), weight.shape)
    if weight[down, across] < 0:
        return None
    return window.source, (int(window.rows[down]), int(window.columns[across]), int(window.channels[channel]))


def _inside(places: np.ndarray, pooled: Pooled, axis: int = 1) -> int:
    """The middle one of those places of a window that lie on the map."""
    on_map = places[pooled.is_inside.any(axis=axis)]
    return int(on_map[len(on_map) // 2])
