"""Fashion-MNIST as it was published, against facts known from elsewhere."""

import numpy as np
import pytest

from cnn_core.data.load import dataset_state, load_dataset


@pytest.mark.real_data
def test_fashion_mnist_is_the_published_one():
    if dataset_state("fashion-mnist").state == "missing":
        pytest.skip("Fashion-MNIST is neither in CNN_LAB_DATA nor in Keras's cache")
    dataset = load_dataset("fashion-mnist", download=False)

    assert dataset.train_images.shape == (60_000, 28, 28, 1)
    assert dataset.test_images.shape == (10_000, 28, 28, 1)
    assert np.bincount(dataset.train_labels).tolist() == [6_000] * 10
    assert np.bincount(dataset.test_labels).tolist() == [1_000] * 10
    # The first labels that every tutorial prints.
    assert dataset.train_labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert dataset.test_labels[:5].tolist() == [9, 2, 1, 1, 6]
    # The mean and the standard deviation that PyTorch examples normalise with.
    assert dataset.train_images.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert dataset.train_images.std() / 255 == pytest.approx(0.3530, abs=5e-5)
    assert dataset_state("fashion-mnist", verify=True).state == "ready"
