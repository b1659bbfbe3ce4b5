"""What Start draws: pictures compared, two blocks of filters, loss and gradient descent."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.errors import ConfigError
from cnn_core.figures.sketch import Mark, sketch
from cnn_core.learn.comparing import busiest_window, look_alike
from cnn_core.learn.descent import descend, loss_of_share, loss_of_weight, slope_of_weight
from cnn_core.learn.stacked import run_block, two_blocks


@pytest.mark.parametrize("index", [0, 5, 16])
def test_a_moved_digit_is_farther_from_itself_than_from_another_digit(index):
    digits = load_dataset("digits")
    found = look_alike(digits, index)
    images, labels = digits.train_images[..., 0] / 255, digits.train_labels
    distances = np.abs(images - images[index]).mean(axis=(1, 2))
    # It is one of the images of other classes, and of a thousand by chance only few are as near.
    named = distances[labels == digits.class_names.index(found.other_name)]
    assert np.abs(named - found.distance_other).min() < 1e-12
    distances[labels == labels[index]] = np.inf
    assert found.distance_other <= np.sort(distances)[10]
    moved = np.pad(images[index], ((0, 0), (found.pixels, 0)), mode="edge")[:, : images.shape[2]]
    np.testing.assert_allclose(found.moved, moved)
    assert found.distance_moved == pytest.approx(np.abs(moved - images[index]).mean())
    assert found.is_fooled


def test_images_that_are_stored_class_by_class_are_compared_with_other_classes():
    digits = load_dataset("digits")
    order = np.repeat(np.argsort(digits.train_labels, kind="stable"), 10)
    sorted_digits = replace(digits, train_images=digits.train_images[order], train_labels=digits.train_labels[order])
    # The first thousand are all of the same class.
    assert set(sorted_digits.train_labels[:1000].tolist()) == {0}
    found = look_alike(sorted_digits, 0)
    assert found is not None
    assert found.other_name != digits.class_names[0]


def test_the_busiest_window_is_where_the_numbers_differ():
    values = np.zeros((9, 12))
    values[5:7, 8] = 1
    row, column = busiest_window(values, 2)
    assert 4 <= row <= 6
    assert column in (7, 8)
    assert busiest_window(values[:3, :3], 3) == (0, 0)


@pytest.mark.parametrize("size", [(4, 4), (8, 8), (28, 28), (17, 32)])
def test_two_blocks_are_those_of_keras(size):
    values = np.random.default_rng(0).random(size)
    maps = values[None, :, :, None].astype("float32")
    for block in two_blocks(values):
        count = block.kernels.shape[3]
        convolution = keras.layers.Conv2D(count, 3, padding="same")
        convolution.build(maps.shape)
        convolution.set_weights([block.kernels, np.zeros(count)])
        assert block.weights == convolution.count_params()
        convolved = convolution(maps)
        activated = keras.layers.ReLU()(convolved)
        maps = keras.layers.MaxPooling2D(2)(activated)
        for ours, of_keras in zip(
            (block.convolved, block.activated, block.pooled), (convolved, activated, maps), strict=True
        ):
            np.testing.assert_allclose(ours, np.asarray(of_keras)[0], atol=1e-4)


def test_no_two_filters_of_a_block_are_alike():
    for block in two_blocks(np.random.default_rng(0).random((8, 8))):
        filters = np.moveaxis(block.kernels, 3, 0)
        assert len(np.unique(filters.reshape(len(filters), -1), axis=0)) == len(filters)


def test_a_picture_too_small_for_a_block_is_told():
    with pytest.raises(ConfigError, match="does not fit"):
        run_block(np.ones((1, 1, 1)), np.ones((3, 3, 1, 2)))
    with pytest.raises(ConfigError, match="does not fit"):
        two_blocks(np.ones((3, 3)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1.0])
def test_the_loss_of_a_share_is_the_cross_entropy_of_keras(share):
    expected = keras.losses.categorical_crossentropy([[1.0, 0.0]], [[share, 1 - share]])
    assert loss_of_share(share) == pytest.approx(float(np.asarray(expected)[0]), abs=1e-5)


@pytest.mark.parametrize("weight", [-2.4, 0.0, 1.5])
def test_the_slope_is_that_of_the_curve(weight):
    step = 1e-5
    measured = (loss_of_weight(weight + step) - loss_of_weight(weight - step)) / (2 * step)
    assert slope_of_weight(weight) == pytest.approx(measured, abs=1e-6)


def test_each_step_goes_downhill_to_where_it_is_flat():
    way = descend(-2.4, 1.0, 60)
    losses = loss_of_weight(np.array(way))
    assert len(way) == 61
    assert (np.diff(losses) <= 0).all()
    assert abs(slope_of_weight(way[-1])) < 1e-3


def test_a_step_is_the_rate_times_the_slope():
    assert descend(1.0, 0.5, 2, slope=lambda weight: 2 * weight) == [1.0, 0.0, 0.0]


def test_a_sketch_says_what_it_shows_and_keeps_strange_words_out_of_its_code():
    drawn = sketch([(0, 0), (1, 2)], [Mark((1, 2), "<end>")], x="a & b", y="loss", alt='it "rises"')
    assert 'aria-label="it &quot;rises&quot;"' in drawn
    assert "&lt;end&gt;" in drawn
    assert "a &amp; b" in drawn
