"""Augmentation: what it may do to an image, and what it must leave alone."""

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig
from cnn_core.training.augment import ERASE_AREA, augment

EVERYTHING = AugmentationConfig(horizontal_flip=True, shift_pixels=2, erase_probability=0.5)


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def images(request):
    return np.random.default_rng(0).integers(0, 256, (200, 12, 10, request.param), np.uint8)


def augmented(images, config, seed=(1, 2)):
    return np.asarray(augment(images, config, np.array(seed, np.int32)))


def test_with_nothing_set_the_images_come_back_untouched(images):
    np.testing.assert_array_equal(augmented(images, AugmentationConfig()), images)


@pytest.mark.parametrize(
    "config",
    [
        AugmentationConfig(horizontal_flip=True),
        AugmentationConfig(shift_pixels=8),
        AugmentationConfig(erase_probability=1),
        EVERYTHING,
    ],
)
def test_shape_and_type_stay(images, config):
    result = augmented(images, config)
    assert (result.shape, result.dtype) == (images.shape, np.uint8)
    assert not np.array_equal(result, images)


def test_the_same_seed_does_the_same_and_another_something_else(images):
    np.testing.assert_array_equal(augmented(images, EVERYTHING), augmented(images, EVERYTHING))
    for other in ((1, 3), (2, 2)):
        assert not np.array_equal(augmented(images, EVERYTHING), augmented(images, EVERYTHING, other))


def test_a_flipped_image_is_the_mirror_image_or_the_same_each_about_half_the_time(images):
    result = augmented(images, AugmentationConfig(horizontal_flip=True))
    mirrored = np.flip(images, axis=2)
    is_same = (result == images).all(axis=(1, 2, 3))
    is_mirrored = (result == mirrored).all(axis=(1, 2, 3))
    assert (is_same ^ is_mirrored).all()
    assert 60 < is_mirrored.sum() < 140


def test_a_shifted_image_is_the_same_image_elsewhere_on_black(images):
    pixels = 2
    result = augmented(images, AugmentationConfig(shift_pixels=pixels))
    padded = np.pad(images, [(0, 0), (pixels, pixels), (pixels, pixels), (0, 0)])
    places = [(row, column) for row in range(2 * pixels + 1) for column in range(2 * pixels + 1)]
    found = np.stack(
        [(result == padded[:, row : row + 12, column : column + 10]).all(axis=(1, 2, 3)) for row, column in places]
    )
    assert (found.sum(axis=0) == 1).all()
    assert found.any(axis=1).all(), "every shift comes up among 200 images"


def test_erasing_leaves_the_rest_of_the_image_alone():
    images = np.full((400, 20, 20, 1), 7, np.uint8)
    result = augmented(images, AugmentationConfig(erase_probability=1))
    for image in result[..., 0]:
        rows, columns = np.nonzero(image != 7)
        assert len(rows), "each image loses something"
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        # One rectangle of noise; a pixel of noise may happen to be a 7.
        assert len(rows) >= 0.8 * height * width
        # A side of n pixels covers at most one more than its share of the image says.
        assert height * width <= (np.sqrt(ERASE_AREA[1] * 400) + 1) ** 2 * 1.3


def test_erasing_has_about_the_share_that_was_asked_for():
    images = np.full((1000, 10, 10, 1), 7, np.uint8)
    is_changed = (augmented(images, AugmentationConfig(erase_probability=0.3)) != 7).any(axis=(1, 2, 3))
    assert 0.24 < is_changed.mean() < 0.36
