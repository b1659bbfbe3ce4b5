"""A heat map over the picture that a network's input was made of."""

import numpy as np
import pytest

from cnn_core.explain.placing import heat_on_picture
from cnn_core.images.choices import Choices
from cnn_core.images.decode import picture_from_array
from cnn_core.images.frame import Frame
from cnn_core.images.prepare import prepare

FRAME = Frame(height=28, width=28, channels=1)


def warmest(heat):
    """Row and column of the middle of what is at least half as warm as the warmest."""
    rows, columns = np.nonzero(heat >= heat.max() / 2)
    return float(rows.mean()), float(columns.mean())


def garment(height, width, top, left, side, mark):
    """A grey square before white with one black patch in it; ``mark`` is the patch's place within the square."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    shades = np.random.default_rng(0).integers(120, 180, (side, side, 1))
    pixels[top : top + side, left : left + side] = shades
    row, column = top + mark[0], left + mark[1]
    pixels[row : row + side // 8, column : column + side // 8] = 0
    return picture_from_array(pixels, "garment"), (row + side / 16 - 0.5, column + side / 16 - 0.5)


@pytest.mark.parametrize(
    ("size", "place", "side"), [((200, 300), (40, 150), 112), ((300, 200), (10, 20), 112), ((900, 700), (300, 90), 448)]
)
def test_what_is_warm_in_the_frame_is_warm_at_the_same_thing_in_the_picture(size, place, side):
    picture, mark = garment(*size, *place, side, mark=(side // 4, side // 2))
    prepared = prepare(picture, FRAME, Choices(kind="product"))
    # A network that looks at the patch alone, which is the brightest on the negative.
    heat = (prepared.image[..., 0] > 230).astype(np.float32)
    found = warmest(heat_on_picture(heat, prepared.region, *size))
    assert found == pytest.approx(mark, abs=side / 28)


def test_a_turned_picture_is_met_as_it_is_shown():
    picture, (row, column) = garment(200, 300, 40, 150, 112, mark=(28, 56))
    prepared = prepare(picture, FRAME, Choices(kind="product", turn=90))
    heat = (prepared.image[..., 0] > 230).astype(np.float32)
    shown = prepared.stages[0].image
    assert shown.shape[:2] == (300, 200)
    assert warmest(heat_on_picture(heat, prepared.region, 300, 200)) == pytest.approx((column, 199 - row), abs=4)


def test_where_the_network_saw_nothing_of_the_picture_it_is_cold():
    heat = np.ones((7, 7), np.float32)
    placed = heat_on_picture(heat, (0.25, 0.5, 0.75, 1.0), 40, 80)
    expected = np.zeros((40, 80), np.float32)
    expected[20:, 20:60] = 1
    np.testing.assert_allclose(placed, expected, atol=1e-6)


def test_a_frame_larger_than_the_picture_shows_its_middle():
    heat = np.zeros((4, 4), np.float32)
    heat[0, :] = heat[3, :] = 1
    placed = heat_on_picture(heat, (0.0, -0.5, 1.0, 1.5), 60, 30)
    assert placed[28:32].max() < 0.05
    assert placed.shape == (60, 30)
    # The outer rows of the frame lie outside of the picture: what is warm there is seen only as it fades.
    assert placed[0].max() < 0.7


def test_over_the_whole_picture_it_is_the_map_itself():
    heat = np.random.default_rng(1).random((6, 5)).astype(np.float32)
    np.testing.assert_allclose(heat_on_picture(heat, (0.0, 0.0, 1.0, 1.0), 6, 5), heat, atol=1e-6)
