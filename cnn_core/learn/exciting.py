"""The images of a set that excite each filter of a network most. Importing this module imports TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_core.errors import ConfigError, RunError
from cnn_core.learn.receptive import ReceptiveField, receptive_field
from cnn_core.learn.stations import Station, check_filter, find_station
from cnn_core.learn.walk import Walk

# Images at a time; fewer where the largest map on the way to the station would take more bytes than these.
_BATCH_SIZE, _BATCH_BYTES = 250, 2**26


@dataclass(frozen=True)
class Excited:
    """An image that excites a filter.

    Attributes:
        index: Of the image in the set.
        value: The largest number of the filter's map.
        place: Where it stands in the station's output: (row, column, channel), or (unit,).
        field: The part of the image that it was made of.
    """

    index: int
    value: float
    place: tuple[int, ...]
    field: ReceptiveField


@dataclass(frozen=True, eq=False)
class StrongestImages:
    """For each filter of a station the images that excite it most, the strongest first; of equal ones the earlier.

    Attributes:
        stations: Of the network.
        name: Of the station.
        indices: (filters, count) int64: of the images in the set.
        values: (filters, count) float32: the largest number of the filter's map. A filter whose values are all the
            same is excited by nothing.
        spots: (filters, count) int64: where it stands, row by row; the first of equal ones. 0 for units.
    """

    stations: tuple[Station, ...]
    name: str
    indices: np.ndarray
    values: np.ndarray
    spots: np.ndarray

    def of_filter(self, number: int) -> tuple[Excited, ...]:
        """The images of one filter, counted from 0.

        Raises:
            ConfigError: There is no such filter.
        """
        station = find_station(self.stations, self.name)
        number = check_filter(station, number)
        found = zip(self.indices[number], self.values[number], self.spots[number], strict=True)
        return tuple(self._excited(station, number, *one) for one in found)

    def _excited(self, station: Station, number: int, index: Any, value: Any, spot: Any) -> Excited:
        place = tuple(int(at) for at in np.unravel_index(spot, station.shape[:-1])) if station.has_maps else ()
        place = (*place, number)
        field = receptive_field(self.stations, self.name, place)
        return Excited(int(index), float(value), place, field)


def strongest_images(
    walk: Walk, name: str, images: np.ndarray, count: int, on_share: Callable[[float], None] = lambda _: None
) -> StrongestImages:
    """Look through a set of images for those that excite each filter of a station most: all filters in one pass.

    Args:
        walk: Of the network.
        name: The station.
        images: (N, H, W, C) uint8, as the network was trained on.
        count: Images to be found for each filter, at least 1; all of them where there are fewer.
        on_share: Called after each batch with the share that is done, above 0, at last 1. What it raises ends the
            work.

    Raises:
        ConfigError: There is no such station, no image, or images of another shape; or ``count`` is below 1.
        RunError: The network does not answer with numbers.
    """
    station = walk.station(name)
    shape = walk.stations[0].shape
    if len(images) == 0 or images.shape[1:] != shape or images.dtype != np.uint8:
        raise ConfigError(f"This network looks at uint8 images of the shape {shape}; it was given {images.shape}.")
    if count < 1:
        raise ConfigError(f"At least 1 image is to be found for each filter; {count} were asked for.")
    peaks = _peaks(walk, station)
    best = _Best(station.shape[-1], count)
    size = _batch_size(walk, name)
    for first in range(0, len(images), size):
        batch = images[first : first + size]
        values, spots = (found.numpy() for found in peaks(tf.constant(batch)))
        if not np.isfinite(values).all():
            raise RunError(f"The numbers of '{name}' are not finite: the network's training went astray.")
        best.add(first, values, spots)
        on_share(min(1.0, (first + len(batch)) / len(images)))
    return StrongestImages(walk.stations, name, best.indices, best.values, best.spots)


def _batch_size(walk: Walk, name: str) -> int:
    names = [station.name for station in walk.stations]
    on_the_way = walk.stations[: names.index(name) + 1]
    # Numbers of four bytes.
    largest = max(4 * math.prod(station.shape) for station in on_the_way)
    return min(_BATCH_SIZE, max(1, _BATCH_BYTES // largest))


def _peaks(walk: Walk, station: Station) -> Any:
    """From images to the largest number of each map and where it stands, each (N, filters)."""

    def peaks(images: Any) -> tuple[Any, Any]:
        maps = walk.compute(images, [station.name])[station.name]
        flat = tf.reshape(maps, (tf.shape(maps)[0], -1, station.shape[-1]))
        flat = tf.cast(flat, tf.float32)
        return tf.reduce_max(flat, axis=1), tf.argmax(flat, axis=1)

    spec = tf.TensorSpec((None, *walk.stations[0].shape), tf.uint8)
    return tf.function(peaks, input_signature=[spec], autograph=False)


class _Best:
    """The best so far of each filter, each (filters, at most count)."""

    def __init__(self, filters: int, count: int) -> None:
        self._count = count
        self.indices = np.empty((filters, 0), np.int64)
        self.values = np.empty((filters, 0), np.float32)
        self.spots = np.empty((filters, 0), np.int64)

    def add(self, first: int, values: np.ndarray, spots: np.ndarray) -> None:
        """Images from the number ``first`` on; both (images, filters)."""
        numbers = np.broadcast_to(np.arange(first, first + len(values)), values.T.shape)
        all_values = np.concatenate([self.values, values.T], axis=1)
        order = np.argsort(-all_values, axis=1, kind="stable")[:, : self._count]
        self.values = np.take_along_axis(all_values, order, axis=1)
        self.indices = np.take_along_axis(np.concatenate([self.indices, numbers], axis=1), order, axis=1)
        self.spots = np.take_along_axis(np.concatenate([self.spots, spots.T], axis=1), order, axis=1)
