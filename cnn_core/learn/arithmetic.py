"""How one number of a network came to be, with the numbers that Keras had. No Keras here.

What :func:`explain` works out equals the station's own number but for the rounding of single precision, which grows
with the numbers that are added: it stays below 1e-4, or below 1e-4 of the station's largest number where that is above
1. The tests hold every layer of every network to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.learn import operations as does
from cnn_core.learn.explanations import (
    Activated,
    Added,
    Averaged,
    Explanation,
    Given,
    Mixed,
    Normalised,
    Pooled,
    Scaled,
    Taken,
    Unexplained,
)
from cnn_core.learn.operations import Window, resize_sources
from cnn_core.learn.stations import Maps, Station, check_place
from cnn_core.learn.weighed import WeighedSum, WeighedWindow

Place = tuple[int, ...]


def explain(station: Station, maps: Maps, place: Sequence[int]) -> Explanation:
    """How a number came to be.

    Args:
        station: The one whose number it is.
        maps: Of the picture; with this station and those that feed it.
        place: (row, column, channel) of the station's output, or (unit,).

    Raises:
        ConfigError: There is no such place, or ``maps`` lacks a station.
    """
    at = check_place(station, place)
    given = [maps[name] for name in station.sources]
    match station.operation:
        case does.Show():
            return Given(_number(maps[station.name], at))
        case does.Add():
            return Added(station.sources, tuple(_number(values, at) for values in given))
        case does.Join():
            return _joined(station, given, at)
        case does.Unknown(reason=reason):
            return Unexplained(reason, _number(maps[station.name], at))
    return _of_one_source(station, given[0], at)


def _of_one_source(station: Station, given: np.ndarray, place: Place) -> Explanation:
    source = station.sources[0]
    match station.operation:
        case does.Convolve() as convolve:
            return _convolved(convolve, source, given, place)
        case does.Weigh() as weigh:
            weights = weigh.read()
            unit = place[-1]
            return WeighedSum(source, given[place[:-1]], weights.kernel[:, unit], float(weights.bias[unit]))
        case does.Normalise() as normalise:
            return _normalised(normalise, source, _number(given, place), place[-1])
        case does.Activate(curve=curve):
            return Activated(source, _number(given, place), curve)
        case does.Pool(window=window, is_max=is_max):
            return _pooled(window, source, given, place, is_max=is_max)
        case does.Average():
            return Averaged(source, given[..., place[-1]])
        case does.Scale() as scale:
            factor, offset = (_of_channel(one, place[-1]) for one in (scale.factor, scale.offset))
            return Scaled(source, _number(given, place), factor, offset)
        case does.Resize():
            return _mixed(station, source, given, place)
    return _taken(station, source, given, place)


def _convolved(convolve: does.Convolve, source: str, given: np.ndarray, place: Place) -> WeighedWindow:
    row, column, result = place
    weights = convolve.read()
    seen = given.shape[2] // convolve.groups
    group = result // (weights.kernel.shape[3] // convolve.groups)
    channels = np.arange(group * seen, (group + 1) * seen)
    cut = _cut(convolve.window, given, (row, column))
    return WeighedWindow(
        source=source,
        rows=cut.rows,
        columns=cut.columns,
        channels=channels,
        patch=cut.numbers[..., channels],
        is_inside=cut.is_inside,
        kernel=weights.kernel[..., result],
        bias=float(weights.bias[result]),
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    """What lies under a window: (height, width, channels), zero over the border."""

    rows: np.ndarray
    columns: np.ndarray
    numbers: np.ndarray
    is_inside: np.ndarray


def _cut(window: Window, maps: np.ndarray, place: tuple[int, int]) -> _Cut:
    rows, columns = (window.covered(axis, place[axis], maps.shape[axis]) for axis in (0, 1))
    is_row, is_column = ((at >= 0) & (at < side) for at, side in zip((rows, columns), maps.shape[:2], strict=True))
    is_inside = is_row[:, None] & is_column[None, :]
    near = maps[np.clip(rows, 0, maps.shape[0] - 1)][:, np.clip(columns, 0, maps.shape[1] - 1)]
    return _Cut(rows, columns, np.where(is_inside[..., None], near, np.float32(0)), is_inside)


def _normalised(normalise: does.Normalise, source: str, given: float, channel: int) -> Normalised:
    weights = normalise.read()
    mean, variance, scale, offset = (
        float(one[channel]) for one in (weights.mean, weights.variance, weights.scale, weights.offset)
    )
    return Normalised(source, given, mean, variance, normalise.epsilon, scale, offset)


def _pooled(window: Window, source: str, given: np.ndarray, place: Place, *, is_max: bool) -> Pooled:
    row, column, channel = place
    cut = _cut(window, given[..., channel : channel + 1], (row, column))
    numbers = cut.numbers[..., 0]
    winner = None
    if is_max:
        down, across = np.unravel_index(np.where(cut.is_inside, numbers, -np.inf).argmax(), numbers.shape)
        winner = int(cut.rows[down]), int(cut.columns[across])
    return Pooled(source, cut.rows, cut.columns, numbers, cut.is_inside, winner)


def _mixed(station: Station, source: str, given: np.ndarray, place: Place) -> Mixed:
    pairs, shares = [], []
    for at, side, source_side in zip(place[:2], station.shape[:2], given.shape[:2], strict=True):
        before, after, share = resize_sources(at, side, source_side)
        pairs.append((max(before, 0), min(after, source_side - 1)))
        shares.append(np.array([1 - share, share]))
    rows, columns = pairs
    numbers = given[np.ix_(rows, columns)][..., place[2]]
    return Mixed(source, rows, columns, numbers, shares[0][:, None] * shares[1])


def _joined(station: Station, given: list[np.ndarray], place: Place) -> Taken:
    ends = np.cumsum([values.shape[-1] for values in given])
    number = int(np.searchsorted(ends, place[-1], side="right"))
    origin = (*place[:-1], place[-1] - int(ends[number]) + given[number].shape[-1])
    return Taken(station.sources[number], origin, _number(given[number], origin))


def _taken(station: Station, source: str, given: np.ndarray, place: Place) -> Taken:
    origin: Place = place
    match station.operation:
        case does.Shuffle(order=order):
            at = np.ravel_multi_index(place[:2], given.shape[:2])
            origin = (*(int(found) for found in np.unravel_index(order[at], given.shape[:2])), place[2])
        case does.Pad(top=top, left=left):
            origin = (place[0] - top, place[1] - left, place[2])
            if not all(0 <= at < side for at, side in zip(origin, given.shape, strict=True)):
                return Taken(source, None, 0.0)
        case does.Flatten():
            origin = tuple(int(at) for at in np.unravel_index(place[0], given.shape))
    return Taken(source, origin, _number(given, origin))


def _of_channel(values: np.ndarray, channel: int) -> float:
    return float(values if values.ndim == 0 else values[channel])


def _number(values: np.ndarray, place: Place) -> float:
    return float(values[place])
