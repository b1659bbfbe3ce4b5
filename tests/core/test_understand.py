"""What is in a dataset: counts and their words, fair draws, mean images, what is known of the original pictures."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.config import replace
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.folders import data_folder
from cnn_core.data.load import load_dataset
from cnn_core.data.splits import split_training
from cnn_core.data.understand.balance import ClassCounts, count_classes, remarks_on
from cnn_core.data.understand.drawn import drawn_alike, shuffled
from cnn_core.data.understand.moments import MOST_IMAGES, class_moments
from cnn_core.data.understand.originals import left_out_of, read_originals, summarise_sizes
from cnn_core.data.understand.preparation import how_seen, part_counts
from cnn_core.errors import DatasetError
from cnn_core.models.presets import preset_config
from tests.fixtures import digits_config
from tests.own_pictures import brought, class_folders


def counts_of(**train):
    names = tuple(train)
    return ClassCounts(names, np.array(list(train.values())), np.ones(len(names), np.int64))


# Counts


def test_the_images_of_each_class_are_counted():
    dataset = load_dataset("digits")
    counts = count_classes(dataset)
    assert counts.names == dataset.class_names
    assert counts.train.tolist() == [int((dataset.train_labels == label).sum()) for label in range(10)]
    assert counts.test.sum() == 360


@pytest.mark.parametrize(
    ("train", "is_warning", "words"),
    [
        ({"a": 30, "b": 30}, False, "balanced: each has 30"),
        ({"a": 30, "b": 40}, False, "about balanced: b has 40 training images, a has 30"),
        ({"a": 90, "b": 30}, False, "differ in size: a has 90 training images, b has 30, 3.0 times as many"),
        ({"a": 40_000, "b": 20}, True, "imbalanced: a has 40,000 training images, b has 20, 2,000 times as many"),
        ({"a": 40, "b": 0}, True, "imbalanced: a has 40 training images, b has 0. A network"),
    ],
)
def test_balance_is_told_in_words(train, is_warning, words):
    remark = remarks_on(counts_of(**train))[0]
    assert words in remark.words
    assert remark.is_warning is is_warning
    assert ("Class weights" in remark.words) is is_warning


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ([5], "c0 (5) has fewer than 20"),
        ([5, 6], "c0 (5) and c1 (6) have"),
        ([5, 6, 7, 8, 9], "c2 (7) and 2 more classes"),
    ],
)
def test_small_classes_are_named(sizes, named):
    remarks = remarks_on(counts_of(**{f"c{place}": size for place, size in enumerate(sizes)}, large=25))
    assert named in remarks[1].words
    assert remarks[1].is_warning
    assert len(remarks_on(counts_of(a=20, b=20))) == 1


def test_classes_are_sorted_as_wished():
    counts = counts_of(b=2, A=3, c=2, D=9)
    assert [counts.names[label] for label in counts.ordered("by name")] == ["A", "b", "c", "D"]
    assert counts.ordered("as labelled") == [0, 1, 2, 3]
    assert counts.ordered("largest first") == [3, 1, 0, 2]
    assert counts.ordered("smallest first") == [0, 2, 1, 3]


# Draws


@given(
    labels=st.lists(st.integers(0, 6), min_size=1, max_size=200).map(np.array),
    count=st.integers(7, 250),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_draw_has_the_same_share_of_each_class(labels, count, seed):
    drawn = drawn_alike(labels, count, seed)
    assert len(drawn) == min(count, len(labels))
    assert (np.diff(drawn) > 0).all()
    assert np.array_equal(drawn, drawn_alike(labels, count, seed))
    sizes, of_drawn = (np.bincount(one, minlength=7) for one in (labels, labels[drawn]))
    assert (of_drawn[sizes > 0] >= 1).all()
    # Within an image of the exact share, but for those that every class gets.
    exact = sizes * len(drawn) / len(labels)
    assert (np.abs(of_drawn - exact) <= 1 + (exact < 1).sum()).all()


def test_another_seed_draws_others():
    labels = np.repeat(np.arange(3), 100)
    assert not np.array_equal(drawn_alike(labels, 30, 0), drawn_alike(labels, 30, 1))
    assert sorted(shuffled(50, 3).tolist()) == list(range(50))


# Mean and spread


def test_mean_and_spread_are_those_of_the_images():
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images[:2, 0, 0] = [[10], [20]]
    images[1, 1, 1] = 255
    moments = class_moments(images, np.array([0, 0, 1, 1]), [0, 2, 1])
    assert moments[0].mean[..., 0].tolist() == [[15, 0], [0, 128]]
    # Doubled: 0 and 255 differ as much as values can.
    assert moments[0].spread[..., 0].tolist() == [[10, 0], [0, 255]]
    assert (moments[0].count, moments[1].count) == (2, 0)
    assert not moments[1].mean.any()


def test_of_many_images_some_are_averaged():
    images = np.full((3 * MOST_IMAGES, 4, 4, 1), 100, np.uint8)
    images[::2] = 50
    (moments,) = class_moments(images, np.zeros(len(images), int), [0])
    assert moments.count == MOST_IMAGES
    assert abs(int(moments.mean[0, 0, 0]) - 75) <= 2


# The original pictures


def write(name, text):
    folder = data_folder() / "mine"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_names_and_sizes_of_the_originals_are_read():
    write("train_files.csv", 'file,width,height\na/1.jpg,30,40\n"b,c/2.jpg",8,9\n')
    found = read_originals("mine", "train", 2)
    assert found.files == ("a/1.jpg", "b,c/2.jpg")
    assert found.sizes.tolist() == [[30, 40], [8, 9]]


@pytest.mark.parametrize("text", ["", "file\na\n", "name\na\nb\n", "file,width,height\na,1,2\n,3,4\n"])
def test_a_list_that_does_not_fit_the_images_says_nothing(text):
    write("test_files.csv", text)
    assert read_originals("mine", "test", 2) is None
    assert read_originals("digits", "test", 360) is None


@pytest.mark.parametrize(
    "text", ["file\na\nb\n", "file,width,height\na,1,2\nb,one,2\n", "file,width,height\na,1,2\nb\n"]
)
def test_a_list_without_sizes_has_names(text):
    write("test_files.csv", text)
    found = read_originals("mine", "test", 2)
    assert (found.files, found.sizes, len(found)) == (("a", "b"), None, 2)


def test_sizes_are_put_into_figures():
    sizes = np.array([[100, 100], [104, 100], [200, 100], [10, 30], [20, 400]], np.int32)
    summary = summarise_sizes(sizes, width=32, height=32)
    assert summary.median == (100, 100)
    assert (summary.smallest, summary.largest) == ((10, 30), (200, 100))
    assert (summary.wide, summary.high, summary.enlarged) == pytest.approx((0.2, 0.4, 0.4))
    assert summary.square == pytest.approx(0.4)


def test_what_was_left_out_is_read():
    assert left_out_of("mine") == []
    write("left_out.csv", "file,why\na,broken\nb,not a picture\n")
    assert left_out_of("mine") == [("a", "broken"), ("b", "not a picture")]


def test_a_dataset_that_was_brought_in_tells_of_its_originals(tmp_path):
    card = brought(class_folders(tmp_path / "pictures", side=12))
    found = read_originals("mine", "train", card.train_count)
    assert all(name.endswith(".png") for name in found.files)
    assert found.sizes.tolist() == [[12, 12]] * card.train_count


# What training makes of it


def test_pixels_become_the_numbers_that_the_network_computes_with():
    seen = how_seen(digits_config("fast"), (8, 8, 1))
    assert (seen.height, seen.width, seen.is_resized, seen.is_coloured) == (8, 8, False, False)
    assert seen.numbers(np.array([0, 51, 255], np.uint8)).tolist() == [0, 0.2, 1]


def test_an_image_is_enlarged_as_keras_does_it():
    import keras

    seen = how_seen(digits_config("tutorial-cnn"), (8, 8, 1))
    assert (seen.height, seen.is_resized) == (28, True)
    image = load_dataset("digits").train_images[0]
    expected = keras.layers.Resizing(28, 28)(image[None].astype(np.float32)).numpy()[0]
    assert np.abs(seen.resized(image) - expected).max() <= 1


def test_an_imagenet_network_sees_colour_of_its_own_size():
    config = digits_config(model={"blocks": (), "enlarge_to": None})
    config = replace(config, transfer={"kind": "imagenet", "weights": "random", "side": 96})
    seen = how_seen(config, (8, 8, 1))
    assert (seen.height, seen.width, seen.is_resized, seen.is_coloured) == (96, 96, True, True)
    assert seen.numbers(np.array([0, 255], np.uint8)).tolist() == [-1, 1]


def test_the_parts_are_those_of_the_run():
    dataset, config = load_dataset("digits"), digits_config(seed=3)
    counts = part_counts(dataset, config)
    split = split_training(dataset.train_labels, validation_share=config.training.validation_share, seed=3)
    assert counts.train.tolist() == np.bincount(dataset.train_labels[split.train]).tolist()
    assert counts.validation.tolist() == np.bincount(dataset.train_labels[split.validation]).tolist()
    assert counts.test.sum() == 360
    watched = part_counts(dataset, replace(config, training={"protocol": "tutorial"}))
    assert (watched.train.sum(), watched.validation.sum()) == (1437, 0)


def test_groups_stay_together_in_the_parts():
    dataset = load_dataset("digits")
    groups = np.arange(len(dataset.train_labels)) // 40
    counts = part_counts(dataclasses.replace(dataset, train_groups=groups), digits_config())
    assert counts.train.sum() + counts.validation.sum() == 1437
    assert counts.validation.sum() % 40 in (0, 1437 % 40)


def test_a_class_that_is_too_small_for_the_parts_is_told():
    dataset = load_dataset("digits")
    labels = np.zeros_like(dataset.train_labels)
    labels[0] = 1
    with pytest.raises(DatasetError, match="too few training images"):
        part_counts(dataclasses.replace(dataset, train_labels=labels), preset_config("fast", dataset_card("digits")))
