"""Which part of the picture a number of a network can see. No Keras here.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill, 2019): from the number
back to the picture, through each window that it was made with; where paths meet, the smallest box around both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.errors import ConfigError
from cnn_core.learn import operations as does
from cnn_core.learn.operations import Shape, resize_sources
from cnn_core.learn.stations import Station, check_place, find_station

# First and last, both included: of the rows and of the columns, or of the numbers in a row of them.
Span = tuple[int, int]
Box = tuple[Span, ...]


@dataclass(frozen=True)
class ReceptiveField:
    """A box of pixels of the network's input: outside of it, no pixel can change the number.

    Inside, some pixels may do nothing either, where a window jumps over them or a weight is zero.

    Attributes:
        top: Its first row.
        bottom: Behind its last row.
        left: Its first column.
        right: Behind its last column. Where nothing of the picture is seen, the box is empty.
    """

    top: int
    bottom: int
    left: int
    right: int


def receptive_field(stations: Sequence[Station], name: str, place: Sequence[int]) -> ReceptiveField:
    """The part of the picture that a number can see.

    Args:
        stations: Of a network, from the picture to the logits.
        name: The station that the number is of.
        place: (row, column, channel) of its output, or (unit,). Each channel sees the same.

    Raises:
        ConfigError: There is no such station or place.
    """
    station = find_station(stations, name)
    place = check_place(station, place)
    spatial = place[:2] if station.has_maps else place
    start: Box = tuple((at, at) for at in spatial)
    rows, columns = _on_picture(stations, name, start)
    return ReceptiveField(rows[0], rows[1] + 1, columns[0], columns[1] + 1)


@dataclass(frozen=True, eq=False)
class FieldSpans:
    """What each number of a map sees: the rows of the picture depend on its row alone, the columns on its column.

    Attributes:
        rows: (height, 2) int64: first row of the picture, and the one behind the last.
        columns: (width, 2) int64: the same of the columns.
    """

    rows: np.ndarray
    columns: np.ndarray


def field_spans(stations: Sequence[Station], name: str) -> FieldSpans:
    """The receptive fields of all numbers of a station that has maps.

    Raises:
        ConfigError: There is no such station, or it has no maps.
    """
    station = find_station(stations, name)
    if not station.has_maps:
        raise ConfigError(f"'{name}' has no rows and columns. Choose a station with maps.")
    height, width, _ = station.shape
    rows = [receptive_field(stations, name, (row, 0, 0)) for row in range(height)]
    columns = [receptive_field(stations, name, (0, column, 0)) for column in range(width)]
    return FieldSpans(
        np.array([(field.top, field.bottom) for field in rows]),
        np.array([(field.left, field.right) for field in columns]),
    )


def _on_picture(stations: Sequence[Station], name: str, start: Box) -> Box:
    """The box on the picture, clipped at every station, for what lies beyond a map is not made of pixels."""
    shapes = {station.name: station.shape for station in stations}
    boxes = {name: start}
    for station in reversed(stations):
        box = boxes.get(station.name)
        if box is None or _is_empty(box) or isinstance(station.operation, does.Show):
            continue
        for source in station.sources:
            seen = _seen(station, box, shapes[source])
            found = tuple(_clipped(span, side) for span, side in zip(seen, shapes[source], strict=False))
            boxes[source] = _around(boxes[source], found) if source in boxes else found
    # Nothing comes from the picture where a number is a zero of the border.
    return boxes.get(stations[0].name, ((0, -1), (0, -1)))


def _seen(station: Station, box: Box, source: Shape) -> Iterator[Span]:
    """What a box of a station's output is made of, in one of its sources."""
    match station.operation:
        case does.Convolve(window=window) | does.Pool(window=window):
            for axis, (first, last) in enumerate(box):
                yield (
                    int(window.covered(axis, first, source[axis])[0]),
                    int(window.covered(axis, last, source[axis])[-1]),
                )
        case does.Resize():
            for (first, last), side, source_side in zip(box, station.shape[:2], source[:2], strict=True):
                yield resize_sources(first, side, source_side)[0], resize_sources(last, side, source_side)[1]
        case does.Shuffle(order=order):
            yield from _shuffled(order, box, source)
        case does.Pad(top=top, left=left):
            for (first, last), before in zip(box, (top, left), strict=True):
                yield first - before, last - before
        case does.Flatten() if box[0][0] == box[0][1]:
            for at in np.unravel_index(box[0][0], source)[:2]:
                yield int(at), int(at)
        case _:
            yield from box if _is_place_by_place(station, source) else _everything(source)


def _shuffled(order: np.ndarray, box: Box, source: Shape) -> Iterator[Span]:
    """The smallest box around the places that those of a box, none of them beyond the map, come from."""
    inside = tuple(slice(first, last + 1) for first, last in box)
    for found in np.unravel_index(order.reshape(source[:2])[inside], source[:2]):
        yield int(found.min()), int(found.max())


def _is_place_by_place(station: Station, source: Shape) -> bool:
    """Whether each place of the output is made of the same place of the source alone."""
    if isinstance(station.operation, does.Unknown | does.Average | does.Flatten):
        return False
    mixes_numbers = isinstance(station.operation, does.Weigh | does.Join)
    return len(source) == 3 or not mixes_numbers


def _everything(source: Shape) -> Iterator[Span]:
    for side in source[:2]:
        yield 0, side - 1


def _is_empty(box: Box) -> bool:
    return any(first > last for first, last in box)


def _clipped(span: Span, side: int) -> Span:
    return max(span[0], 0), min(span[1], side - 1)


def _around(one: Box, other: Box) -> Box:
    return tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(one, other, strict=True))
