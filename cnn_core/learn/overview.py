"""Which stations of a network are shown beside each other. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.learn.operations import Kind
from cnn_core.learn.stations import Station

# Of more stations only those are shown at first that make something new of the maps.
MOST_AT_ONCE = 40
_MAIN: frozenset[Kind] = frozenset(("image", "activation", "pooling", "add", "join", "average", "flatten", "dense"))


def every_station(stations: Sequence[Station]) -> tuple[Station, ...]:
    """All that are worth a look, from the picture to the logits."""
    return tuple(station for station in stations if station.is_shown)


def main_stations(stations: Sequence[Station]) -> tuple[Station, ...]:
    """All of a network of up to 40 stations; of a longer one what each of its steps ends with, such as activations."""
    every = every_station(stations)
    return every if len(every) <= MOST_AT_ONCE else tuple(station for station in every if station.kind in _MAIN)
