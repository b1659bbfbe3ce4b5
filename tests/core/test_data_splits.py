"""The validation set: stratified, disjoint, the same for the same seed."""

import numpy as np
import pytest

from cnn_core.data.splits import split_training
from cnn_core.errors import ConfigError, DatasetError

# 60 of class 0, 30 of class 1, 10 of class 2, mixed.
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [60, 30, 10]))


@pytest.mark.parametrize(("share", "held_back"), [(0.1, [6, 3, 1]), (0.2, [12, 6, 2]), (0.5, [30, 15, 5])])
def test_every_class_gives_the_same_share(share, held_back):
    split = split_training(LABELS, validation_share=share, seed=3)
    assert np.bincount(LABELS[split.validation]).tolist() == held_back
    assert sorted([*split.train, *split.validation]) == list(range(100))


def test_indices_are_sorted_read_only_int64():
    split = split_training(LABELS, validation_share=0.2, seed=3)
    for indices in (split.train, split.validation):
        assert indices.dtype == np.int64
        assert np.all(np.diff(indices) > 0)
        assert not indices.flags.writeable


def test_a_seed_gives_one_split_and_another_seed_another():
    first = split_training(LABELS, validation_share=0.2, seed=2**32 - 1)
    again = split_training(LABELS, validation_share=0.2, seed=2**32 - 1)
    other = split_training(LABELS, validation_share=0.2, seed=0)
    np.testing.assert_array_equal(first.validation, again.validation)
    assert not np.array_equal(first.validation, other.validation)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_that_leaves_a_part_empty_is_refused(share):
    with pytest.raises(ConfigError, match="validation_share"):
        split_training(LABELS, validation_share=share, seed=0)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ConfigError, match="4294967295"):
        split_training(LABELS, validation_share=0.1, seed=seed)


@pytest.mark.parametrize(
    ("counts", "share", "smallest"),
    [
        ([50, 1, 50], 0.2, 1),  # a single image cannot be in both parts
        ([500, 500, 2], 0.1, 2),  # a tenth of two images is none
        ([4, 5, 3], 0.1, 2),  # fewer images held back than there are classes
        ([4, 3, 5], 0.9, 1),  # fewer images left to train on than there are classes
    ],
)
def test_a_class_with_too_few_images_is_named(counts, share, smallest):
    labels = np.repeat([0, 1, 2], counts)
    with pytest.raises(DatasetError, match=f"Class {smallest} has too few training images: {min(counts)}"):
        split_training(labels, validation_share=share, seed=0)
    with pytest.raises(DatasetError, match=f"Class '{'abc'[smallest]}'"):
        split_training(labels, validation_share=share, seed=0, class_names="abc")


def test_no_images_at_all():
    with pytest.raises(DatasetError, match="no training images"):
        split_training(np.array([], np.int64), validation_share=0.1, seed=0)
