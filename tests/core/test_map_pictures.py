"""Feature maps as pictures: their order, and one scale for all of them."""

import numpy as np
import pytest

from cnn_core.learn.map_pictures import map_pictures, strongest_first


def test_the_strongest_map_is_the_one_with_the_largest_mean_absolute_value():
    maps = np.zeros((2, 2, 4), np.float32)
    maps[..., 1] = [[-4, -4], [-4, -4]]
    maps[..., 2] = [[9, 0], [0, 0]]
    maps[..., 3] = [[1, 1], [-1, -1]]
    assert strongest_first(maps).tolist() == [1, 2, 3, 0]


def test_of_equally_strong_maps_the_first_comes_first():
    assert strongest_first(np.ones((3, 3, 200), np.float32)).tolist() == list(range(200))


def test_without_negative_numbers_zero_is_black_and_the_largest_of_all_is_white():
    maps = np.float32([[[0, 0], [5, 10]]])
    found = map_pictures(maps)
    assert (found.pictures.shape, found.pictures.dtype) == ((2, 1, 2), np.uint8)
    assert found.pictures.tolist() == [[[0, 128]], [[0, 255]]]
    assert (found.limit, found.is_signed) == (10, False)


def test_with_negative_numbers_zero_is_grey_and_both_signs_have_one_scale():
    found = map_pictures(np.float32([[[-10, 0, 5]]]))
    assert found.pictures[:, 0, 0].tolist() == [1, 128, 192]
    assert (found.limit, found.is_signed) == (10, True)


@pytest.mark.parametrize("limit", [None, 3.0])
def test_nothing_is_black(limit):
    found = map_pictures(np.zeros((2, 2, 3), np.float32), limit)
    assert not found.pictures.any()
    assert found.limit == (limit or 1)


def test_a_scale_that_others_share_cuts_what_is_beyond_it():
    assert map_pictures(np.float32([[[-8, 2, 8]]]), limit=4).pictures[:, 0, 0].tolist() == [1, 192, 255]
