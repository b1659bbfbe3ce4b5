"""Numbers of things in words."""

import pytest

from cnn_core.wording import epochs_in_words, images_in_words, share_in_words


@pytest.mark.parametrize(("count", "words"), [(0, "no image"), (1, "1 image"), (2, "2 images"), (1234, "1,234 images")])
def test_one_image_is_not_images(count, words):
    assert images_in_words(count) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 epochs"), (1, "1 epoch"), (6, "6 epochs"), (1000, "1,000 epochs")])
def test_one_epoch_is_not_epochs(count, words):
    assert epochs_in_words(count) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0.0%"),
        (0.0001, "less than 0.1%"),
        (0.0005, "0.1%"),
        (0.023, "2.3%"),
        (0.0999, "10.0%"),
        (0.1, "10%"),
        (0.704, "70%"),
        (1, "100%"),
    ],
)
def test_a_share_has_as_many_digits_as_it_needs(share, words):
    assert share_in_words(share) == words
