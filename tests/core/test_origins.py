"""The way back from a number to the picture, and which stations are shown."""

import numpy as np
import pytest

from cnn_core.errors import ConfigError
from cnn_core.learn.arithmetic import explain
from cnn_core.learn.exciting_sample import sample_numbers, sample_size
from cnn_core.learn.origins import origin_of
from cnn_core.learn.overview import every_station, main_stations
from cnn_core.learn.receptive import field_spans, receptive_field
from tests.core.networks import random_image, random_walk


@pytest.fixture(scope="module", params=["best", "small-resnet", "mobilenet-v2"])
def walk(request):
    return random_walk(request.param)


def test_from_every_logit_a_way_leads_back_to_the_picture(walk):
    maps = walk.maps(random_image())
    name, place = walk.stations[-1].name, (3,)
    for _ in walk.stations:
        station = walk.station(name)
        found = origin_of(explain(station, maps, place), place)
        if found is None:
            break
        assert found[0] in station.sources
        name, place = found
        # A place that is there.
        assert np.isfinite(maps[name][place])
    assert name == "image"


def test_the_way_back_leads_through_what_counted_most(walk):
    maps = walk.maps(random_image())
    pools = [station for station in walk.stations if station.kind == "pooling"]
    for station in pools[:1]:
        name, place = origin_of(explain(station, maps, (0, 0, 0)), (0, 0, 0))
        if station.operation.is_max:
            assert maps[name][place] == maps[station.name][0, 0, 0]
    logits = walk.stations[-1]
    (inputs,) = logits.sources
    kernel = logits.operation.read().kernel
    _, (unit,) = origin_of(explain(logits, maps, (3,)), (3,))
    products = np.abs(maps[inputs].astype(np.float64) * kernel[:, 3])
    assert products[unit] == products.max()


def test_all_fields_of_a_map_are_those_of_its_numbers(walk):
    random = np.random.default_rng(0)
    for station in [one for one in walk.stations if one.has_maps][::7]:
        spans = field_spans(walk.stations, station.name)
        assert (len(spans.rows), len(spans.columns)) == station.shape[:2]
        row, column = (int(random.integers(side)) for side in station.shape[:2])
        field = receptive_field(walk.stations, station.name, (row, column, 0))
        assert (*spans.rows[row], *spans.columns[column]) == (field.top, field.bottom, field.left, field.right)


def test_a_station_without_maps_has_no_fields_of_rows(walk):
    with pytest.raises(ConfigError, match="no rows and columns"):
        field_spans(walk.stations, walk.stations[-1].name)


def test_of_a_long_network_what_each_part_ends_with_is_shown(walk):
    every, main = every_station(walk.stations), main_stations(walk.stations)
    assert main[0].kind == "image"
    assert main[-1] is walk.stations[-1]
    assert not {"dropout", "pad"} & {station.kind for station in every}
    if len(every) <= 40:
        assert main == every
    else:
        assert len(main) < 80
        assert not {"convolution", "normalisation"} & {station.kind for station in main}


@pytest.mark.parametrize(
    ("count", "shape", "expected"),
    [(60_000, (28, 28, 1), 10_000), (500, (28, 28, 1), 500), (60_000, (56, 56, 3), 2_500), (9_000, (512, 512, 3), 200)],
)
def test_the_larger_the_images_the_fewer_are_looked_through(count, shape, expected):
    assert sample_size(count, shape) == expected
    numbers = sample_numbers(count, shape)
    assert len(np.unique(numbers)) == len(numbers) == expected
    assert (numbers[0] >= 0, numbers[-1] < count) == (True, True)
    # In the order of their classes, as images of one's own are stored: each of ten has its share.
    counts = np.bincount(np.sort(np.arange(count) % 10)[numbers], minlength=10)
    assert counts.min() > 0.5 * expected / 10
