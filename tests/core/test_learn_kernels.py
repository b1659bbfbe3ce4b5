"""Kernels: those with a name do what they say, those that are typed are read or told what is wrong with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.errors import ConfigError
from cnn_core.learn.kernels import KERNELS, format_kernel, parse_kernel, resized_kernel
from cnn_core.learn.numbers import figure, fine, in_brackets
from cnn_core.learn.sliding import convolve

RAMP = np.tile(np.arange(8.0), (8, 1))
EVEN = np.full((8, 8), 0.5)


def result_of(name, picture):
    return convolve(picture, KERNELS[name].weights).result


def test_the_identity_leaves_the_picture_as_it_is():
    np.testing.assert_array_equal(convolve(RAMP, KERNELS["identity"].weights, padding="zeros").result, RAMP)


@pytest.mark.parametrize("name", ["blur", "gaussian-blur", "sharpen", "identity"])
def test_these_keep_the_brightness_of_an_even_picture(name):
    np.testing.assert_allclose(result_of(name, EVEN), 0.5)


@pytest.mark.parametrize("name", ["edges", "sobel-vertical", "sobel-horizontal"])
def test_these_find_nothing_in_an_even_picture(name):
    np.testing.assert_allclose(result_of(name, EVEN), 0, atol=1e-12)


def test_sobels_kernels_answer_to_changes_in_their_direction_alone():
    # Brighter by 1 a pixel from left to right: (1 + 2 + 1) times 2.
    np.testing.assert_allclose(result_of("sobel-vertical", RAMP), 8)
    np.testing.assert_allclose(result_of("sobel-horizontal", RAMP), 0)
    np.testing.assert_allclose(result_of("sobel-horizontal", RAMP.T), 8)


def test_a_blur_is_the_mean_of_the_window():
    picture = np.zeros((3, 3))
    picture[0, 1] = 9
    np.testing.assert_allclose(result_of("blur", picture), 1)


def test_sharpening_makes_a_bright_pixel_brighter():
    picture = EVEN.copy()
    picture[4, 4] = 0.6
    assert result_of("sharpen", picture)[3, 3] == pytest.approx(5 * 0.6 - 4 * 0.5)


def test_every_named_kernel_has_a_sentence_and_is_read_only():
    for name, kernel in KERNELS.items():
        assert kernel.name == name
        assert kernel.why.endswith(".")
        assert len(kernel.weights) in (3, 5)
        with pytest.raises(ValueError, match="read-only"):
            kernel.weights[0, 0] = 1


@pytest.mark.parametrize(
    "text", ["1 2 3 4 5 6 7 8 9", "1,2,3;4,5,6;7,8,9", "1 2 3\n4 5 6\n7 8 9\n", "  1, 2, 3,\n4 5\t6;7 8 18/2 "]
)
def test_numbers_are_read_row_by_row_however_they_are_parted(text):
    np.testing.assert_array_equal(parse_kernel(text), np.arange(1.0, 10.0).reshape(3, 3))


def test_fractions_and_a_real_minus_are_read():
    np.testing.assert_allclose(parse_kernel("1/9 −1/9 .5 1e-2 0 0 0 0 0")[0], [1 / 9, -1 / 9, 0.5])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 2 three 4 5 6 7 8 9", "Number 3 of the kernel is “three”, which is no number"),
        ("nan 0 0 0 0 0 0 0 0", "Number 1 of the kernel is “nan”: it must be a finite number"),
        ("0 0 0 0 -inf 0 0 0 0", "Number 5 of the kernel is “-inf”: it must be a finite number"),
        ("1 1/0 0 0 0 0 0 0 0", "Number 2 of the kernel is “1/0”, which is no number"),
        ("1_0 0 0 0 0 0 0 0 0", "Number 1 of the kernel is “1_0”, which is no number"),
        ("1e9 0 0 0 0 0 0 0 0", "Number 1 of the kernel is 1e9: numbers from −1000 to 1000"),
        ("", "9 numbers, one of 5×5 has 25; these are 0. Add some"),
        ("1 2 3", "these are 3. Add some"),
        ("1 " * 16, "these are 16. Leave some out, or add some"),
        ("1 " * 400, "these are 400"),
    ],
)
def test_what_is_no_kernel_is_told(text, words):
    with pytest.raises(ConfigError) as told:
        parse_kernel(text)
    assert words in str(told.value)


@given(st.lists(st.integers(-999, 999).map(lambda number: number / 8), min_size=9, max_size=9))
def test_a_kernel_is_written_as_it_is_read(numbers):
    weights = np.array(numbers).reshape(3, 3)
    np.testing.assert_allclose(parse_kernel(format_kernel(weights)), weights, rtol=1e-5)


def test_a_kernel_grows_by_zeros_and_shrinks_to_its_middle():
    small = KERNELS["sharpen"].weights
    grown = resized_kernel(small, 5)
    assert grown.shape == (5, 5)
    assert grown.sum() == small.sum()
    np.testing.assert_array_equal(resized_kernel(grown, 3), small)
    np.testing.assert_array_equal(resized_kernel(small, 3), small)


def test_numbers_are_written_short_and_never_as_minus_zero():
    assert [figure(value) for value in (1.0, -0.5, 0.125, -0.001, 100.0)] == ["1", "−0.5", "0.12", "0", "100"]
    assert [fine(value) for value in (1 / 9, 1 / 64, 0.0, -1 / 256)] == ["0.11", "0.016", "0", "−0.004"]
    assert [in_brackets(figure(value)) for value in (1.0, -0.5)] == ["1", "(−0.5)"]
