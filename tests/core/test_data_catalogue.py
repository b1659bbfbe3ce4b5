"""What is known of the datasets without their files, and the one dataset that needs none."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits as load_from_sklearn

from cnn_core.data import digits
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.dataset import dataset_checksum
from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError

ROOT = Path(__file__).parents[2]


def test_the_names():
    assert dataset_names() == ("fashion-mnist", "mnist", "cifar10", "digits")


@pytest.mark.parametrize("name", dataset_names())
def test_a_card_agrees_with_itself(name):
    card = dataset_card(name)
    assert card.name == name
    assert card.frame.shape == (card.height, card.width, card.channels)
    assert len(card.class_names) == len(set(card.class_names)) == 10
    assert len(card.checksum) == 64
    assert card.source.startswith("http")


def test_the_frames_are_those_of_the_publications():
    assert dataset_card("fashion-mnist").frame.fill == 1
    assert dataset_card("fashion-mnist").frame.centre == "box"
    assert dataset_card("mnist").frame.fill == pytest.approx(20 / 28)
    assert dataset_card("mnist").frame.centre == "mass"


def test_the_classes_of_fashion_mnist_stand_in_the_order_of_their_labels():
    names = dataset_card("fashion-mnist").class_names
    assert (names[0], names[1], names[6], names[9]) == ("T-shirt/top", "Trouser", "Shirt", "Ankle boot")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fashion_mnist", "fashion-mnist"),
        ("Fashion MNIST", "fashion-mnist"),
        ("nmist", "mnist"),
        ("digit", "digits"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_one_that_was_meant(typed, meant):
    with pytest.raises(DatasetError, match=f"'{typed}'. Did you mean '{meant}'?"):
        dataset_card(typed)


@pytest.mark.parametrize("typed", ["", "imagenet", "../../etc"])
def test_an_unknown_name_is_answered_with_the_known_ones(typed):
    with pytest.raises(DatasetError, match="Choose one of 'fashion-mnist', 'mnist', 'cifar10', 'digits'") as caught:
        dataset_card(typed)
    assert "Did you mean" not in str(caught.value)


def test_a_checksum_is_the_sha256_of_the_digests_a_line_each():
    assert dataset_checksum(["aa", "bb"]) == hashlib.sha256(b"aa\nbb\n").hexdigest()
    assert dataset_checksum(["bb", "aa"]) != dataset_checksum(["aa", "bb"])


def test_digits_are_scikit_learns_scaled_to_bytes():
    dataset = load_dataset("digits", download=False)
    card = dataset_card("digits")
    assert dataset.train_images.shape == (card.train_count, 8, 8, 1)
    assert dataset.test_images.shape == (card.test_count, 8, 8, 1)
    assert dataset.train_images.dtype == np.uint8
    assert dataset.train_labels.dtype == dataset.test_labels.dtype == np.int64

    source = load_from_sklearn()
    scaled = {int(v): int(np.floor(v * 255 / 16 + 0.5)) for v in range(17)}
    assert (scaled[0], scaled[8], scaled[16]) == (0, 128, 255)
    expected = sorted(
        (int(label), tuple(scaled[int(v)] for v in image.ravel()))
        for image, label in zip(source.images, source.target, strict=True)
    )
    images = np.concatenate([dataset.train_images, dataset.test_images])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    found = sorted(
        (int(label), tuple(int(v) for v in image.ravel())) for image, label in zip(images, labels, strict=True)
    )
    assert found == expected


def test_the_test_set_of_digits_is_a_fifth_of_every_class_and_always_the_same():
    first, second = load_dataset("digits"), load_dataset("digits")
    np.testing.assert_array_equal(first.test_images, second.test_images)
    train, test = np.bincount(first.train_labels), np.bincount(first.test_labels)
    np.testing.assert_allclose(test / (train + test), 0.2, atol=0.005)


def test_the_checksum_of_digits_is_that_of_its_bytes():
    dataset = load_dataset("digits")
    header = {3: b"\x00\x00\x08\x03", 1: b"\x00\x00\x08\x01"}
    digests = []
    for array in (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels):
        values = array.astype(np.uint8).reshape(array.shape[:3])
        sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
        digests.append(hashlib.sha256(header[values.ndim] + sizes + values.tobytes()).hexdigest())
    assert dataset.checksum == dataset_card("digits").checksum == dataset_checksum(digests)


def test_other_digits_than_the_expected_ones_are_refused(monkeypatch):
    monkeypatch.setattr(digits, "_TEST_SEED", 1)
    with pytest.raises(DatasetError, match="Install the versions of"):
        load_dataset("digits")


def test_the_arrays_of_a_dataset_cannot_be_written():
    dataset = load_dataset("digits")
    for array in (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_importing_the_data_modules_loads_nothing_slow():
    code = (
        "import sys, cnn_core.data.catalogue, cnn_core.data.load, cnn_core.data.splits; "
        "print([m for m in ('sklearn', 'tensorflow', 'keras', 'streamlit', 'urllib.request', 'filelock') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
