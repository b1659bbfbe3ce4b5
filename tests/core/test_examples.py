"""The images behind a cell, a row or a column of the confusion matrix."""

import numpy as np
import pytest

from cnn_core.evaluation.examples import select_examples
from cnn_core.evaluation.predictions import Predictions

# Image:              0    1    2    3    4    5    6
LABELS = np.array([0, 0, 0, 1, 1, 2, 2])
ANSWERS = np.array([0, 1, 1, 1, 0, 2, 0])
SURE = np.array([0.6, 0.5, 0.9, 0.7, 0.8, 0.4, 0.55])


@pytest.fixture
def predictions():
    """Three classes; the answer of each image has the probability of ``SURE``."""
    probabilities = np.repeat((1 - SURE)[:, None] / 2, 3, axis=1)
    probabilities[np.arange(7), ANSWERS] = SURE
    return Predictions(LABELS, np.log(probabilities).astype(np.float32))


def indices(examples):
    return examples.tolist()


def test_nothing_chosen_shows_all_misclassified_images_the_most_confident_first(predictions):
    assert indices(select_examples(predictions)) == [2, 4, 6, 1]


def test_the_order_can_be_turned(predictions):
    assert indices(select_examples(predictions, order="least confident")) == [1, 6, 4, 2]


def test_a_cell_shows_its_images(predictions):
    assert indices(select_examples(predictions, true=0, predicted=1)) == [2, 1]


def test_a_row_shows_the_misclassified_images_of_a_true_class(predictions):
    assert indices(select_examples(predictions, true=1)) == [4]


def test_a_column_shows_the_images_taken_for_a_class(predictions):
    assert indices(select_examples(predictions, predicted=0)) == [4, 6]


def test_a_cell_of_the_diagonal_shows_what_was_right(predictions):
    assert indices(select_examples(predictions, true=1, predicted=1)) == [3]


def test_an_empty_cell_has_no_images(predictions):
    assert indices(select_examples(predictions, true=2, predicted=1)) == []


def test_by_loss_the_image_whose_true_class_was_least_expected_comes_first(predictions):
    # Of a wrong answer, the true class has half of what is left: 0.25, 0.05, 0.1, 0.225 for images 1, 2, 4, 6.
    assert indices(select_examples(predictions, order="highest loss")) == [2, 4, 6, 1]
    assert indices(select_examples(predictions, order="lowest loss")) == [1, 6, 4, 2]


def test_the_closest_call_is_where_the_two_most_probable_classes_lie_nearest():
    probabilities = np.array([[0.1, 0.5, 0.4], [0.05, 0.9, 0.05], [0.2, 0.41, 0.39], [0.0, 0.34, 0.66]]) + 1e-9
    predictions = Predictions(np.zeros(4, np.int64), np.log(probabilities).astype(np.float32))
    assert indices(select_examples(predictions, order="closest call")) == [2, 0, 3, 1]


def test_a_range_of_confidence_includes_its_ends(predictions):
    sure = predictions.confidence
    assert indices(select_examples(predictions, confidence=(float(sure[6]), float(sure[4])))) == [4, 6]
    assert indices(select_examples(predictions, confidence=(0.95, 1.0))) == []


def test_a_whole_range_leaves_out_no_image():
    certain = Predictions(np.zeros(3, np.int64), np.float32([[0, 1000], [0, 20], [0, 1e-9]]))
    assert indices(select_examples(certain, confidence=(0.0, 1.0), order="least confident")) == [2, 1, 0]


def test_equally_confident_images_keep_the_order_of_the_dataset():
    predictions = Predictions(np.ones(50, np.int64), np.tile(np.float32([3, 0]), (50, 1)))
    for order in ("most confident", "least confident"):
        assert indices(select_examples(predictions, order=order)) == list(range(50))
