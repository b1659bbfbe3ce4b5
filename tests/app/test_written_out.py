"""Every number of every kind of step is written out, and what is written is the number."""

import re

import numpy as np
import pytest

from cnn_core.learn.arithmetic import explain
from pages.parts.learn.network.written_out import place_in_words, written_out
from tests.core.networks import random_image, random_walk


def number(text):
    return float(text.replace("−", "-"))


# Between them they have all kinds of steps.
@pytest.mark.parametrize("network", ["tutorial-cnn", "small-resnet", "mobilenet-v2"])
def test_what_is_written_is_keras_s_number(network):
    walk = random_walk(network)
    maps = walk.maps(random_image())
    random = np.random.default_rng(0)
    for station in walk.stations:
        place = tuple(int(random.integers(side)) for side in station.shape)
        shown = written_out(explain(station, maps, place), lambda name: f"<{name}>")
        # What a network is called is text, not HTML.
        assert all(f"<{source}>" not in shown for source in station.sources)
        results = re.findall(r'= <b>([^<]*)</b></p>|class="total">([^<]*)</span>', shown)
        if not results:
            assert "A zero of the border" in shown
            continue
        expected = float(maps[station.name][place])
        tolerance = 1e-4 * max(1.0, float(np.abs(maps[station.name]).max()))
        assert number("".join(results[-1])) == pytest.approx(expected, abs=tolerance), station.name


def test_a_place_is_counted_from_one():
    assert place_in_words((0, 1, 2)) == "row 1, column 2 of map 3"
    assert place_in_words((6,)) == "number 7"
