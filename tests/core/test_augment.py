"""Augmentation: what it may do to an image, and what it must leave alone."""

import hashlib

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig
from cnn_core.training.augment import augment, preview
from cnn_core.training.pixels import ERASE_AREA, project

EACH = [
    AugmentationConfig(horizontal_flip=True),
    AugmentationConfig(shift_pixels=8),
    AugmentationConfig(rotate_degrees=20),
    AugmentationConfig(zoom=0.3),
    AugmentationConfig(contrast=0.5),
    AugmentationConfig(noise=0.1),
    AugmentationConfig(erase_probability=1),
    AugmentationConfig(photos=1),
    AugmentationConfig(drawings=1),
]
EVERYTHING = AugmentationConfig(
    horizontal_flip=True,
    shift_pixels=2,
    rotate_degrees=15,
    zoom=0.2,
    contrast=0.3,
    noise=0.1,
    erase_probability=0.5,
    photos=0.4,
    drawings=0.3,
    mixup=0.4,
    cutmix=1,
)


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def images(request):
    return np.random.default_rng(0).integers(0, 256, (200, 12, 10, request.param), np.uint8)


def augmented(images, config, seed=(1, 2)):
    return np.asarray(augment(images, config, np.array(seed, np.int32)))


def projected(image, *, degrees=0.0, scale=1.0, shift=(0, 0)):
    """One image (H, W), moved by exact amounts."""
    return project(
        image[None, ..., None],
        angles=np.array([np.deg2rad(degrees)], np.float32),
        scales=np.array([scale], np.float32),
        shifts=np.array([[shift[0]], [shift[1]]], np.float32),
    ).numpy()[0, ..., 0]


def angles_of(bars):
    """Angles of bright bars (N, H, W, 1) about the horizontal in degrees, counter-clockwise, from their moments."""
    values = bars[..., 0].astype(float)
    rows, columns = np.indices(values.shape[1:])
    down, right = rows - rows.mean(), columns - columns.mean()
    rises = -(values * down * right).sum(axis=(1, 2))
    return np.rad2deg(np.arctan2(2 * rises, (values * (right**2 - down**2)).sum(axis=(1, 2))) / 2)


def test_with_nothing_set_the_images_come_back_untouched(images):
    np.testing.assert_array_equal(augmented(images, AugmentationConfig()), images)


@pytest.mark.parametrize("config", [*EACH, EVERYTHING])
def test_shape_and_type_stay(images, config):
    result = augmented(images, config)
    assert (result.shape, result.dtype) == (images.shape, np.uint8)
    assert not np.array_equal(result, images)


@pytest.mark.parametrize("count", [1, 7])
def test_a_batch_can_have_any_size(images, count):
    for config in (*EACH, EVERYTHING):
        assert augmented(images[:count], config).shape == (count, 12, 10, images.shape[3])


@pytest.mark.parametrize("config", EACH)
def test_each_image_of_a_batch_is_changed_in_its_own_way(config):
    alike = np.repeat(np.random.default_rng(0).integers(0, 256, (1, 12, 10, 1), np.uint8), 50, axis=0)
    distinct = {image.tobytes() for image in augmented(alike, config)}
    assert len(distinct) == 2 if config.horizontal_flip else len(distinct) > 25


def test_the_same_seed_does_the_same_and_another_something_else(images):
    np.testing.assert_array_equal(augmented(images, EVERYTHING), augmented(images, EVERYTHING))
    for other in ((1, 3), (2, 2)):
        assert not np.array_equal(augmented(images, EVERYTHING), augmented(images, EVERYTHING, other))


@pytest.mark.parametrize("config", [*EACH, EVERYTHING])
def test_inside_a_training_graph_it_does_the_same(images, config):
    import tensorflow as tf

    signature = [tf.TensorSpec([None, *images.shape[1:]], tf.uint8), tf.TensorSpec([2], tf.int32)]
    in_graph = tf.function(lambda batch, seed: augment(batch, config, seed), input_signature=signature)
    result = in_graph(images, np.array([1, 2], np.int32)).numpy()
    # The compiler may join operations, and a value on the edge between two levels fall to the other side.
    assert np.abs(result.astype(int) - augmented(images, config)).max() <= 1


def test_a_run_of_an_earlier_version_can_be_repeated():
    """The fingerprint was taken from the version that knew flips, shifts and erasing only."""
    images = np.arange(5 * 6 * 7, dtype=np.uint8).reshape(5, 6, 7, 1)
    config = AugmentationConfig(horizontal_flip=True, shift_pixels=2, erase_probability=0.5)
    fingerprint = hashlib.sha256(augmented(images, config).tobytes()).hexdigest()
    assert fingerprint == "5185771a379446573a872a1e9efc48b4d5ed98587aa374b257bb215a64d10a71"


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


def test_a_quarter_turn_is_numpy_s():
    image = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
    np.testing.assert_array_equal(projected(image, degrees=90), np.rot90(image))
    np.testing.assert_array_equal(projected(image, degrees=-90), np.rot90(image, -1))
    even = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    np.testing.assert_array_equal(projected(even, degrees=180), np.rot90(even, 2))


def test_no_turn_and_no_zoom_change_nothing():
    image = np.random.default_rng(0).integers(0, 256, (9, 12), np.uint8)
    np.testing.assert_array_equal(projected(image), image)


def test_a_shift_comes_after_the_turn_and_brings_background_in():
    image = np.random.default_rng(0).integers(1, 256, (9, 9), np.uint8)
    result = projected(image, degrees=90, shift=(2, -1))
    np.testing.assert_array_equal(result[2:, :-1], np.rot90(image)[:-2, 1:])
    assert not result[:2].any()
    assert not result[:, -1].any()


@pytest.mark.parametrize("scale", [0.5, 1.4, 2])
def test_a_zoom_keeps_the_centre_and_scales_the_area(scale):
    rows, columns = np.indices((41, 41))
    image = np.round(200 * np.exp(-((rows - 20) ** 2 / 12 + (columns - 20) ** 2 / 20))).astype(np.uint8)
    result = projected(image, scale=scale).astype(float)
    assert result[20, 20] == 200
    assert np.average(rows, weights=result) == pytest.approx(20, abs=0.05)
    assert np.average(columns, weights=result) == pytest.approx(20, abs=0.05)
    assert result.sum() == pytest.approx(image.sum() * scale**2, rel=0.03)


def test_interpolation_does_not_darken():
    image = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    inner = projected(image, degrees=0, shift=(0.5, 0))[2:-2].astype(float)
    expected = (image[1:-3].astype(float) + image[2:-2]) / 2
    assert abs((inner - expected).mean()) < 0.3


def test_turns_reach_the_largest_angle_either_way_and_no_further():
    bars = np.zeros((400, 33, 33, 1), np.uint8)
    bars[:, 15:18, 4:29] = 255
    angles = angles_of(augmented(bars, AugmentationConfig(rotate_degrees=30)))
    assert np.abs(angles).max() < 30.5
    assert angles.min() < -28
    assert angles.max() > 28
    # Uniform from -30 to 30: the mean of 400 has a standard error of 0.9 degrees.
    assert abs(angles.mean()) < 4


def test_zooms_reach_the_largest_change_either_way_and_no_further():
    squares = np.zeros((400, 40, 40, 1), np.uint8)
    squares[:, 10:30, 10:30] = 200
    sides = np.sqrt(augmented(squares, AugmentationConfig(zoom=0.25)).sum(axis=(1, 2, 3)) / 200) / 20
    assert 0.74 < sides.min() < 0.77
    assert 1.23 < sides.max() < 1.26


def test_contrast_keeps_each_mean_but_for_the_brightness_and_scales_the_spread(images):
    share = 0.2
    # Far from black and white, so that nothing is clipped.
    middling = (100 + images / 255 * 40).astype(np.uint8)
    result = augmented(middling, AugmentationConfig(contrast=share)).astype(float)
    axes = (1, 2, 3)
    brightness = result.mean(axis=axes) / middling.mean(axis=axes)
    spread = result.std(axis=axes) / middling.std(axis=axes) / brightness
    for factors in (brightness, spread):
        assert 1 - share - 0.02 < factors.min() < 1 - share + 0.05
        assert 1 + share - 0.05 < factors.max() < 1 + share + 0.02
        assert abs(factors.mean() - 1) < 0.04
    assert abs(np.corrcoef(brightness, spread)[0, 1]) < 0.3, "the two are drawn apart"


def test_values_out_of_range_are_clipped_not_wrapped():
    black_and_white = np.zeros((100, 10, 10, 1), np.uint8)
    black_and_white[:, :, 5:] = 255
    for config in (AugmentationConfig(contrast=0.9), AugmentationConfig(noise=0.2)):
        result = augmented(black_and_white, config).astype(float)
        # Wrapped around, about half of the changes would turn white to black.
        assert (result[:, :, 5:].mean(axis=(1, 2, 3)) >= result[:, :, :5].mean(axis=(1, 2, 3))).all()


def test_noise_has_the_standard_deviation_that_was_asked_for(images):
    grey = np.full_like(images, 128)
    added = augmented(grey, AugmentationConfig(noise=0.1)).astype(float) - 128
    assert abs(added.mean()) < 0.5
    assert added.std() == pytest.approx(25.5, rel=0.03)
    # Normal: 68.3 % within one standard deviation.
    assert (np.abs(added) < 25.5).mean() == pytest.approx(0.683, abs=0.015)


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


def test_the_preview_draws_variants_that_differ_and_repeat(images):
    first = preview(images[:4], EVERYTHING, variants=3, seed=2**32 - 1)
    assert (first.images.shape, first.images.dtype) == ((4, 3, *images.shape[1:]), np.uint8)
    np.testing.assert_array_equal(preview(images[:4], EVERYTHING, variants=3, seed=2**32 - 1).images, first.images)
    assert len({variant.tobytes() for variant in first.images.reshape(12, -1)}) == 12
    assert not np.array_equal(preview(images[:4], EVERYTHING, variants=3, seed=0).images, first.images)


def test_the_preview_shows_what_training_does(images):
    config = AugmentationConfig(rotate_degrees=15, contrast=0.3, erase_probability=0.5)
    shown = preview(images[:4], config, variants=2, seed=7).images
    expected = augmented(np.concatenate([images[:4], images[:4]]), config, (7, 0))
    np.testing.assert_array_equal(np.concatenate([shown[:, 0], shown[:, 1]]), expected)


def test_the_preview_says_whose_label_a_variant_carries(images):
    plain = preview(images[:4], AugmentationConfig(noise=0.1), variants=2, seed=7).shares
    np.testing.assert_array_equal(plain, np.repeat(np.eye(4)[:, None], 2, axis=1))
    flat = np.zeros((4, 10, 10, 1), np.uint8)
    flat[1] = 200
    mixed = preview(flat, AugmentationConfig(mixup=1), variants=5, seed=7)
    np.testing.assert_allclose(mixed.shares.sum(axis=2), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed.images[:, :, 0, 0, 0], 200 * mixed.shares[:, :, 1], atol=0.51)
