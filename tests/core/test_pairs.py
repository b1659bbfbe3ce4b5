"""The pairs of classes that a network confuses most, counted by hand."""

import numpy as np
import pytest

from cnn_core.evaluation.pairs import ConfusedPair, confusion_in_words, most_confused_pairs, pair_in_words
from cnn_core.runs.store import showcase

NAMES = ("cat", "dog", "owl")
# Cats and owls: 2 + 5 errors of 10; dogs and owls: 3; nothing between cats and dogs.
MATRIX = np.array([[8, 0, 2], [0, 7, 0], [5, 3, 9]])


def test_pairs_are_ordered_by_the_errors_of_both_directions_and_begin_with_the_more_frequent():
    cats_and_owls = ConfusedPair(first=2, second=0, forth=5, back=2, share=0.7)
    dogs_and_owls = ConfusedPair(first=2, second=1, forth=3, back=0, share=0.3)
    assert most_confused_pairs(MATRIX) == (cats_and_owls, dogs_and_owls)


def test_not_more_pairs_than_asked_for():
    assert len(most_confused_pairs(MATRIX, most=1)) == 1


def test_equal_pairs_keep_the_order_of_the_classes():
    pairs = most_confused_pairs(np.ones((4, 4), np.int64), most=4)
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (0, 3), (1, 2)]


def test_the_errors_of_all_pairs_are_all_errors():
    matrix = np.random.default_rng(0).integers(0, 50, (12, 12))
    pairs = most_confused_pairs(matrix, most=1000)
    assert sum(pair.errors for pair in pairs) == matrix.sum() - np.trace(matrix)
    assert sum(pair.share for pair in pairs) == pytest.approx(1)


@pytest.mark.parametrize("matrix", [np.diag([3, 4, 5]), np.zeros((3, 3), np.int64), np.zeros((1, 1), np.int64)])
def test_without_errors_there_are_no_pairs(matrix):
    assert most_confused_pairs(matrix) == ()
    assert "Every test image was classified right" in confusion_in_words(matrix, NAMES)


def test_the_worst_pair_is_told_in_words():
    assert confusion_in_words(MATRIX, NAMES) == (
        "owl and cat are confused most: 5 images of owl are taken for cat, 2 of cat for owl; "
        "together 70% of all errors."
    )


def test_one_direction_alone_is_told_as_such():
    assert confusion_in_words(np.array([[8, 1234, 0], [0, 7, 0], [0, 0, 9]]), NAMES) == (
        "cat and dog are confused most: 1,234 images of cat are taken for dog, none the other way round; "
        "100% of all errors."
    )


def test_of_two_classes_none_are_confused_most():
    assert confusion_in_words(np.array([[8, 12], [3, 7]]), NAMES) == (
        "12 images of cat are taken for dog, 3 of dog for cat."
    )


def test_one_image_is_not_images():
    assert "1 image of cat is taken for dog, 1 of dog for cat" in confusion_in_words(np.array([[8, 1], [1, 7]]), NAMES)


def test_single_errors_are_no_confusion():
    assert confusion_in_words(np.array([[8, 1, 0], [0, 7, 1], [0, 0, 9]]), NAMES) == (
        "No two classes are confused more than once."
    )


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (ConfusedPair(0, 1, 1, 0, 0.5), "1 image of cat is taken for dog, none the other way round; 50% of all errors"),
        (
            ConfusedPair(1, 0, 1, 1, 0.09),
            "1 image of dog is taken for cat, 1 of cat for dog; together 9.0% of all errors",
        ),
        (
            ConfusedPair(0, 1, 1200, 1000, 0.0001),
            "1,200 images of cat are taken for dog, 1,000 of dog for cat; together less than 0.1% of all errors",
        ),
    ],
)
def test_a_pair_is_told_with_its_numbers(pair, words):
    assert pair_in_words(pair, NAMES) == words


def test_the_showcase_confuses_shirts_and_t_shirts():
    report = showcase().report()
    matrix, names = report.matrix(), report.class_names
    shirt, tee = names.index("Shirt"), names.index("T-shirt/top")
    words = confusion_in_words(matrix, names)
    assert words.startswith("Shirt and T-shirt/top are confused most:")
    assert f"{matrix[shirt, tee]} images of Shirt are taken for T-shirt/top" in words
    assert f"{matrix[tee, shirt]} of T-shirt/top for Shirt" in words


def test_a_small_share_is_not_rounded_to_nothing():
    matrix = np.full((30, 30), 2)
    assert confusion_in_words(matrix, tuple(map(str, range(30)))).endswith("together 0.2% of all errors.")
