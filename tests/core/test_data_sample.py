"""The few images that stand for a dataset."""

import numpy as np

from cnn_core.data.load import load_dataset
from cnn_core.data.sample import sample_classes


def test_each_image_is_the_first_training_image_of_another_class():
    digits = load_dataset("digits")
    sample = sample_classes(digits, 6)
    assert sample.title == digits.title
    assert sample.names == ("0", "2", "4", "5", "7", "9")
    for image, name in zip(sample.images, sample.names, strict=True):
        first = np.flatnonzero(digits.train_labels == int(name))[0]
        np.testing.assert_array_equal(image, digits.train_images[first])


def test_more_than_there_are_classes_gives_one_of_each():
    assert len(sample_classes(load_dataset("digits"), 50).images) == 10


def test_the_sample_does_not_keep_the_dataset_in_memory():
    digits = load_dataset("digits")
    images = sample_classes(digits, 6).images
    assert images.base is None
    assert not images.flags.writeable
