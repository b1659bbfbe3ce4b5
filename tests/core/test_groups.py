"""Images that belong together are learned from together, or held back together."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import load_dataset
from cnn_core.data.own.store import TRAIN_GROUPS, own_folder
from cnn_core.data.splits import split_training, take_share
from cnn_core.errors import DatasetError
from cnn_core.models.presets import preset_config
from cnn_core.training.setup import training_data
from tests.core.script_cases import executed
from tests.own_data import own_dataset

# 40 groups of five images of one class, four classes.
LABELS = np.repeat(np.arange(4), 50)
GROUPS = np.random.default_rng(0).permutation(40).repeat(5)


def assert_apart(split, labels, groups):
    assert sorted([*split.train, *split.validation]) == list(range(len(labels)))
    together = groups >= 0
    assert not set(groups[split.train[together[split.train]]]) & set(
        groups[split.validation[together[split.validation]]]
    )
    assert set(labels[split.train]) == set(labels[split.validation]) == set(labels)


@pytest.mark.parametrize(("share", "least", "most"), [(0.1, 0.05, 0.15), (0.2, 0.15, 0.25), (0.5, 0.4, 0.6)])
def test_no_group_is_in_both_parts_and_the_share_is_about_met(share, least, most):
    split = split_training(LABELS, validation_share=share, seed=1, groups=GROUPS)
    assert_apart(split, LABELS, GROUPS)
    assert least <= len(split.validation) / len(LABELS) <= most


def test_a_seed_gives_one_split_and_another_seed_another():
    first, again, other = (
        split_training(LABELS, validation_share=0.2, seed=seed, groups=GROUPS).validation for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.int64


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 12)), min_size=60, max_size=200),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.1, 0.2, 0.35, 0.5]),
)
def test_whatever_the_groups_they_are_kept_together_or_it_is_said_why_not(images, seed, share):
    labels, groups = np.array(images).T
    try:
        split = split_training(labels, validation_share=share, seed=seed, groups=groups)
    except DatasetError:
        return
    assert_apart(split, labels, groups)


def test_images_of_no_group_are_held_back_one_by_one():
    groups = np.where(LABELS < 2, GROUPS, -1)
    split = split_training(LABELS, validation_share=0.1, seed=0, groups=groups)
    assert_apart(split, LABELS, groups)
    assert np.isin(split.validation, np.flatnonzero(LABELS == 3)).sum() == 5


def test_sixty_thousand_images_of_no_group_take_no_half_minute():
    labels, started = np.arange(60_000) % 10, time.process_time()
    split = split_training(labels, validation_share=0.1, seed=0, groups=np.full(60_000, -1))
    assert np.bincount(labels[split.validation]).tolist() == [600] * 10
    # A second; the limit is generous, and others that are at work do not count.
    assert time.process_time() - started < 15


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("kind", ["fine", "one class of two groups", "of all sizes", "one is huge"])
def test_the_share_that_is_asked_for_is_held_back(share, kind):
    labels, groups = np.repeat(np.arange(10), 300), np.arange(3000) // 10
    if kind == "one class of two groups":
        groups[-300:] = 1000 + (np.arange(300) < 150)
    elif kind == "of all sizes":
        groups = np.repeat(np.arange(300), 1 + np.random.default_rng(3).lognormal(2, 1, 300).astype(int))[:3000]
        labels = np.random.default_rng(4).integers(0, 10, len(groups))
    elif kind == "one is huge":
        groups[::3] = 5000
    split = split_training(labels, validation_share=share, seed=2, groups=groups)
    assert_apart(split, labels, groups)
    held_back = np.bincount(labels[split.validation]) / np.bincount(labels)
    if kind == "one class of two groups":
        assert held_back[-1] == 0.5
        held_back = held_back[:-1]
    assert held_back.mean() == pytest.approx(share, abs=0.02)
    assert held_back == pytest.approx(share, abs=0.05)


def test_where_a_class_has_few_groups_the_share_of_all_is_met():
    labels, groups = np.arange(3000) // 60, np.arange(3000) // 10
    split = split_training(labels, validation_share=0.25, seed=0, groups=groups)
    assert len(split.validation) / len(labels) == pytest.approx(0.25, abs=0.02)
    assert set(np.bincount(labels[split.validation])) == {10, 20}


def test_groups_of_several_classes_are_divided_wherever_that_can_be_had():
    # Classes 0 and 1 share a group, and 1 and 2.
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    for seed in range(30):
        for share in (0.05, 0.3, 0.5, 0.8):
            split = split_training(labels, validation_share=share, seed=seed, groups=groups)
            assert_apart(split, labels, groups)


def test_a_class_of_one_group_is_named():
    groups = np.where(LABELS == 2, 99, GROUPS)
    with pytest.raises(DatasetError, match=r"class 'c' lie in 1 group, and a group is not divided"):
        split_training(LABELS, validation_share=0.2, seed=0, groups=groups, class_names="abcd")


@pytest.fixture
def grouped():
    return own_dataset("grouped", classes=4, counts=[50] * 4, groups=GROUPS)


def grouped_config(**training):
    settings = {"validation_share": 0.2, "batch_size": 16, **training}
    return preset_config("mlp", dataset_card("grouped"), training=settings)


@pytest.mark.usefixtures("grouped")
def test_a_run_keeps_the_groups_of_its_dataset_together():
    dataset = load_dataset("grouped")
    np.testing.assert_array_equal(dataset.train_groups, GROUPS)
    data = training_data(dataset, grouped_config())
    validation = {image.tobytes() for image in data.watched_images}
    held_back = np.array([image.tobytes() in validation for image in dataset.train_images])
    assert not set(GROUPS[held_back]) & set(GROUPS[~held_back])


@pytest.mark.usefixtures("grouped")
@pytest.mark.parametrize(("lone", "train_share"), [(0, 1.0), (60, 1.0), (60, 0.5)])
def test_the_script_holds_back_the_same_images(lone, train_share):
    groups = np.where(np.arange(200) < lone, -1, GROUPS)
    np.save(own_folder("grouped") / TRAIN_GROUPS, groups)
    config = grouped_config(train_share=train_share)
    train, validation = executed(config)["split"](LABELS, groups.copy())
    split = split_training(LABELS, validation_share=0.2, seed=0, groups=groups)
    np.testing.assert_array_equal(train, take_share(LABELS, split.train, train_share, 0))
    np.testing.assert_array_equal(validation, split.validation)


@pytest.mark.usefixtures("grouped")
@pytest.mark.parametrize("groups", [np.zeros(7, np.int64), np.zeros(200, np.float32)])
def test_damaged_groups_are_told(groups):
    np.save(own_folder("grouped") / TRAIN_GROUPS, groups)
    with pytest.raises(DatasetError, match=r"train_groups\.npy' is damaged: expected .*200"):
        load_dataset("grouped")
