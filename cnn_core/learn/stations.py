"""A network as a row of stations, from the picture to the logits, and the numbers at each. No Keras here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import ConfigError
from cnn_core.learn.operations import Kind, Operation, Shape

# What changes no number, or only puts zeros around them.
_NOT_SHOWN = ("dropout", "pad")


@dataclass(frozen=True)
class Station:
    """A step of the network.

    Attributes:
        name: Its own. That of the layer; behind it the activation's, where a layer has one and so is two stations.
        layer: Keras's name of the layer. Its output is that of the last station of this layer.
        title: For people, such as "Convolution 2, 3×3, 64 filters".
        shape: Of its output without the batch: (height, width, channels) or (numbers,).
        block: The block of the network that it belongs to, counted from 1; 0 for all others.
        sources: Names of the stations that feed it; none for the picture.
        operation: What it does.
    """

    name: str
    layer: str
    title: str
    shape: Shape
    block: int
    sources: tuple[str, ...]
    operation: Operation

    @property
    def kind(self) -> Kind:
        """What sort of step it is."""
        return self.operation.kind

    @property
    def has_maps(self) -> bool:
        """Whether its output has rows and columns, so that it can be looked at."""
        return len(self.shape) == 3

    @property
    def is_shown(self) -> bool:
        """Whether it is worth a look: dropout does nothing outside training, and a border of zeros is dull."""
        return self.kind not in _NOT_SHOWN


@dataclass(frozen=True, eq=False)
class Maps:
    """The numbers of the stations of a network for one picture.

    Attributes:
        values: By the name of the station, each of its shape; float32, read-only. Those that were asked for.
        logits: (classes,) float32.
        probabilities: (classes,) float64; they sum to 1.
    """

    values: Mapping[str, np.ndarray]
    logits: np.ndarray
    probabilities: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.values:
            raise ConfigError(
                f"The numbers of '{name}' were not asked for. Ask for {sorted(self.values)} or for it, too."
            )
        return self.values[name]


def find_station(stations: Sequence[Station], name: str) -> Station:
    """The station of that name.

    Raises:
        ConfigError: There is none; the message names the one that was probably meant.
    """
    for station in stations:
        if station.name == name:
            return station
    names = [station.name for station in stations]
    close = difflib.get_close_matches(name, names, n=1)
    raise ConfigError(
        f"This network has no layer '{name}'. "
        + (f"Did you mean '{close[0]}'?" if close else f"Choose one of: {', '.join(names)}.")
    )


def check_place(station: Station, place: Sequence[int]) -> tuple[int, ...]:
    """A place of a station's output: (row, column, channel) or (number,), counted from 0.

    Raises:
        ConfigError: There is no such place.
    """
    if len(place) != len(station.shape):
        wanted = "a row, a column and a channel" if station.has_maps else "one number"
        raise ConfigError(f"A place in '{station.name}' is {wanted}, counted from 0; it was given {tuple(place)}.")
    axes = ("row", "column", "channel") if station.has_maps else ("number",)
    for axis, at, count in zip(axes, place, station.shape, strict=True):
        if not 0 <= at < count:
            raise ConfigError(f"'{station.name}' has no {axis} {at}: choose one from 0 to {count - 1}.")
    return tuple(int(at) for at in place)


def check_filter(station: Station, number: int) -> int:
    """A filter (or unit) of a station, counted from 0.

    Raises:
        ConfigError: There is none of that number.
    """
    count = station.shape[-1]
    if not 0 <= number < count:
        raise ConfigError(f"'{station.name}' has no filter {number}: choose one from 0 to {count - 1}.")
    return int(number)
