"""The handwritten digits that scikit-learn brings along: a dataset without files and without a network."""

from __future__ import annotations

import hashlib

import numpy as np

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.dataset import Dataset, dataset_checksum
from cnn_core.data.idx import idx_header
from cnn_core.errors import DatasetError

_TEST_SHARE = 0.2
_TEST_SEED = 0
_BRIGHTEST = 16


def load_digits() -> Dataset:
    """Load scikit-learn's digits, scaled to uint8, with a test set that is always the same.

    A pixel counts how many of 4×4 dots were inked: v in 0..16 becomes v · 255 / 16, rounded half up. A
    stratified fifth, drawn with seed 0, is the test set; training and test images keep the order of the
    source.

    Raises:
        DatasetError: The installed scikit-learn gives other images, or splits them in another way.
    """
    import sklearn
    from sklearn.datasets import load_digits as load_from_sklearn
    from sklearn.model_selection import train_test_split

    source = load_from_sklearn()
    counts = source.images.astype(np.int64)
    images = ((counts * 255 + _BRIGHTEST // 2) // _BRIGHTEST).astype(np.uint8)
    labels = source.target.astype(np.uint8)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=_TEST_SHARE, random_state=_TEST_SEED, stratify=labels
    )
    train.sort()
    test.sort()
    parts = (images[train], labels[train], images[test], labels[test])

    card = dataset_card("digits")
    checksum = dataset_checksum(hashlib.sha256(idx_header(part.shape) + part.tobytes()).hexdigest() for part in parts)
    if checksum != card.checksum:
        raise DatasetError(
            f"The digits of the installed scikit-learn {sklearn.__version__} are not the ones expected "
            f"(checksum {checksum[:12]}…, expected {card.checksum[:12]}…), so results could not be compared. "
            "Install the versions of requirements.txt, or choose another dataset."
        )
    return Dataset(
        name=card.name,
        title=card.title,
        class_names=card.class_names,
        train_images=parts[0][..., np.newaxis],
        train_labels=parts[1].astype(np.int64),
        test_images=parts[2][..., np.newaxis],
        test_labels=parts[3].astype(np.int64),
        checksum=checksum,
    )
