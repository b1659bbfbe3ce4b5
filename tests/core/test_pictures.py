"""Images as photos and as drawings: what of an image changes, and what stays."""

import dataclasses

import numpy as np
import pytest

from cnn_core.config import AugmentationConfig
from cnn_core.data.augmentable import check_augmentation
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import ConfigError
from cnn_core.images.frame import Frame
from cnn_core.training.augment import augment
from cnn_core.training.pictures import as_drawing, as_photo

SHOWN = [as_photo, as_drawing]


def ellipses(count, height=28, width=28, *, wide=0.5, high=1.0, channels=1):
    """Grey ellipses with brighter stripes, as wide and high as these shares of the frame, in its middle."""
    rows, columns = np.indices((height, width))
    down, right = (2 * rows + 1) / height - 1, (2 * columns + 1) / width - 1
    is_inside = (right / wide) ** 2 + (down / high) ** 2 <= 1
    image = np.where(is_inside, np.where(columns % 6 < 3, 120, 200), 0).astype(np.uint8)
    return np.repeat(np.repeat(image[None, ..., None], count, axis=0), channels, axis=3)


def seed_of(*seed):
    return np.array(seed, np.int32)


def extents(images):
    """(N,) longer side of the box around what is not black, in pixels."""
    sides = []
    for image in images.max(axis=3):
        rows, columns = np.nonzero(image)
        sides.append(max(np.ptp(rows), np.ptp(columns)) + 1)
    return np.array(sides)


@pytest.mark.parametrize("show", SHOWN)
@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 13, 3), (28, 28, 1), (32, 24, 3)], ids=str)
def test_images_of_any_size_keep_shape_and_type_and_a_graph_draws_the_same(show, shape):
    import tensorflow as tf

    height, width, channels = shape
    images = ellipses(5, height, width, channels=channels)
    shown = np.asarray(show(images, seed_of(3, 4)))
    assert (shown.shape, shown.dtype) == (images.shape, np.uint8)
    assert (shown != images).any(axis=(1, 2, 3)).all()
    # With and without a known number of images: TensorFlow's optimiser treats the two graphs differently.
    for count in (5, None):
        signature = [tf.TensorSpec([count, *shape], tf.uint8), tf.TensorSpec([2], tf.int32)]
        in_graph = tf.function(show, input_signature=signature)(images, seed_of(3, 4)).numpy()
        # A value on the edge between two levels may fall to the other side.
        assert (np.abs(in_graph.astype(int) - shown) <= 1).mean() > 0.99


@pytest.mark.parametrize("show", SHOWN)
def test_the_same_seed_shows_the_same_another_something_else_and_each_image_its_own(show):
    images = ellipses(40)
    shown = np.asarray(show(images, seed_of(3, 4)))
    np.testing.assert_array_equal(np.asarray(show(images, seed_of(3, 4))), shown)
    assert not np.array_equal(np.asarray(show(images, seed_of(3, 5))), shown)
    assert len({image.tobytes() for image in shown}) == 40


def test_an_image_of_nothing_is_no_fault():
    nothing = np.zeros((30, 28, 28, 1), np.uint8)
    assert not np.asarray(as_drawing(nothing, seed_of(1, 2))).any()
    # Some background may be left over; most of it stays black.
    assert (np.asarray(as_photo(nothing, seed_of(1, 2))) == 0).mean() > 0.9


@pytest.mark.parametrize("config", [AugmentationConfig(photos=1e-6), AugmentationConfig(drawings=1e-6)], ids=str)
@pytest.mark.parametrize("count", [1, 3, None])
def test_a_batch_of_which_none_is_chosen_stays(config, count):
    import tensorflow as tf

    signature = [tf.TensorSpec([count, 12, 10, 1], tf.uint8), tf.TensorSpec([2], tf.int32)]
    in_graph = tf.function(lambda batch, seed: augment(batch, config, seed), input_signature=signature)
    images = ellipses(count or 2, 12, 10)
    np.testing.assert_array_equal(in_graph(images, seed_of(1, 2)).numpy(), images)


@pytest.mark.parametrize("high", [1.0, 0.6])
def test_the_object_is_as_large_as_the_frame(high):
    drawn = np.asarray(as_drawing(ellipses(200, wide=high / 2, high=high), seed_of(1, 2)))
    sides = extents(drawn)
    assert (sides >= 25).mean() > 0.95
    assert sides.max() == 28


@pytest.mark.parametrize(("height", "width"), [(40, 20), (20, 40)])
def test_in_a_frame_that_is_no_square_the_object_keeps_its_aspect(height, width):
    # A disc; its box is measured where it is drawn, and its sides are alike but for lean, waves and stretch.
    disc = ellipses(300, height, width, wide=min(1, height / width), high=min(1, width / height))
    boxes = [np.nonzero(image) for image in np.asarray(as_drawing(disc, seed_of(1, 2)))[..., 0]]
    aspects = [(np.ptp(columns) + 1) / (np.ptp(rows) + 1) for rows, columns in boxes]
    assert 0.8 < np.median(aspects) < 1.7


def test_what_is_not_the_object_stays_black():
    # An ellipse leaves the corners free, however it is turned and stretched.
    images = ellipses(400)
    drawn, photos = (np.asarray(show(images, seed_of(5, 6)))[..., 0] for show in (as_drawing, as_photo))
    corners = np.zeros((28, 28), bool)
    for rows in (slice(0, 3), slice(-3, None)):
        for columns in (slice(0, 3), slice(-3, None)):
            corners[rows, columns] = True
    # Not in all: the waves can bend one far.
    assert drawn[:, corners].any(axis=1).mean() < 0.02
    has_left_over = photos[:, corners].any(axis=1)
    assert 0.02 < has_left_over.mean() < 0.35


def test_a_drawing_has_a_few_tones_and_its_darkest_ink_is_white():
    drawn = np.asarray(as_drawing(ellipses(200), seed_of(1, 2)))[..., 0]
    # Four finer pixels make one, each of them paper, filling or ink: fifteen mixtures.
    assert max(len(np.unique(image)) for image in drawn) <= 15
    assert (drawn.max(axis=(1, 2)) == 255).all()
    empty = drawn[:, 13:15, 13:15] == 0
    assert 0.05 < empty.all(axis=(1, 2)).mean() < 0.4, "some are not filled"


def test_photos_are_brighter_darker_flat_and_negative():
    images = ellipses(400)
    middles = np.asarray(as_photo(images, seed_of(1, 2)))[:, 8:20, 12:16, 0].astype(float)
    brightness, spread = middles.mean(axis=(1, 2)), middles.std(axis=(1, 2))
    assert brightness.min() < 60
    assert brightness.max() > 200
    # The stripes of the image are 40 apart from their mean; a flat one has folds and grain only.
    assert (spread < 10).mean() > 0.1
    assert (spread > 25).mean() > 0.1


def test_of_a_colour_image_the_drawing_is_grey_and_the_photo_has_a_colour():
    images = ellipses(60, channels=3)
    drawn, photos = (np.asarray(show(images, seed_of(1, 2))).astype(int) for show in (as_drawing, as_photo))
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 1])
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 2])
    middles = photos[:, 10:18, 12:16].mean(axis=(1, 2))
    assert (np.ptp(middles, axis=1) > 30).mean() > 0.5


def test_each_image_is_shown_in_at_most_one_way_with_the_shares_that_were_asked_for():
    images = ellipses(2000, 8, 8, wide=0.8)

    def shown(**shares):
        return np.asarray(augment(images, AugmentationConfig(**shares), seed_of(1, 2)))

    photos, drawings, both = shown(photos=0.3), shown(drawings=0.2), shown(photos=0.3, drawings=0.2)
    is_photo, is_drawing = ((some != images).any(axis=(1, 2, 3)) for some in (photos, drawings))
    assert 0.26 < is_photo.mean() < 0.34
    assert 0.16 < is_drawing.mean() < 0.24
    assert not (is_photo & is_drawing).any()
    np.testing.assert_array_equal(both, np.where(is_photo[:, None, None, None], photos, drawings))
    assert not (shown(photos=0.5, drawings=0.5) == images).all(axis=(1, 2, 3)).any()


def test_shares_of_more_than_all_images_are_refused():
    assert AugmentationConfig(photos=0.7, drawings=0.3).changes_images
    with pytest.raises(ValueError, match="more than 1 together"):
        AugmentationConfig(photos=0.7, drawings=0.4)


@pytest.mark.parametrize("background", ["light", "natural"])
def test_without_a_black_background_it_is_refused(background):
    card = dataset_card("fashion-mnist")
    other = dataclasses.replace(card, frame=Frame(height=28, width=28, channels=3, background=background))
    config = AugmentationConfig(photos=0.1)
    check_augmentation(card, config)
    check_augmentation(other, AugmentationConfig(rotate_degrees=5))
    with pytest.raises(ConfigError, match=f"{background} background. Set photos, drawings and sketches to 0"):
        check_augmentation(other, config)
