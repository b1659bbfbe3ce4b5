"""Figures of merit, against scikit-learn, SciPy and a pencil."""

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax
from sklearn import metrics

from cnn_core.evaluation import measures
from cnn_core.evaluation.report import Training, evaluate

CLASSES = 6
TRAINING = Training(is_test_set_watched=True, best_epoch=3, val_accuracy=0.5, parameters=42, outlier_threshold=-1.5)


@pytest.fixture
def answers():
    """Labels and logits of 500 images: class 4 is never predicted, class 5 has no images."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 500)
    logits = rng.normal(0, 2, (500, CLASSES)).astype(np.float32)
    logits[np.arange(500), labels] += 2
    logits[:, 4] = -20
    assert 4 not in logits.argmax(1)
    assert 5 in logits.argmax(1)
    assert 5 not in labels
    return labels, logits


def test_a_confusion_matrix_has_true_classes_as_rows():
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 2, 2, 1, 0, 2])
    assert measures.confusion_matrix(labels, predicted, 3).tolist() == [[1, 0, 2], [1, 1, 0], [0, 0, 1]]


def test_the_confusion_matrix_is_that_of_scikit_learn(answers):
    labels, logits = answers
    expected = metrics.confusion_matrix(labels, logits.argmax(1), labels=range(CLASSES))
    np.testing.assert_array_equal(measures.confusion_matrix(labels, logits.argmax(1), CLASSES), expected)


def test_precision_recall_and_f1_are_those_of_scikit_learn(answers):
    labels, logits = answers
    matrix = metrics.confusion_matrix(labels, logits.argmax(1), labels=range(CLASSES))
    expected = metrics.precision_recall_fscore_support(labels, logits.argmax(1), labels=range(CLASSES), zero_division=0)
    found = measures.precision_recall_f1(matrix)
    for ours, theirs in zip(found, expected[:3], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert found[0][4] == found[1][5] == 0


def test_cross_entropy_and_accuracy_are_those_of_scikit_learn(answers):
    labels, logits = answers
    probabilities = softmax(logits.astype(np.float64), axis=1)
    expected = metrics.log_loss(labels, probabilities, labels=range(CLASSES))
    assert measures.cross_entropy(labels, logits) == pytest.approx(expected, rel=1e-9)
    assert measures.accuracy(labels, logits) == metrics.accuracy_score(labels, logits.argmax(1))


def test_probabilities_are_those_of_scipy(answers):
    _, logits = answers
    np.testing.assert_allclose(measures.softmax(logits), softmax(logits.astype(np.float64), axis=1), rtol=1e-9)
    np.testing.assert_allclose(measures.log_softmax(logits), log_softmax(logits.astype(np.float64), axis=1), rtol=1e-9)


def test_energy_is_the_negative_logsumexp_of_scipy(answers):
    _, logits = answers
    np.testing.assert_allclose(measures.energy(logits), -logsumexp(logits.astype(np.float64), axis=1), rtol=1e-6)


def test_huge_logits_give_finite_figures():
    logits = np.array([[1e30, -1e30, 0.0], [-3e38, 3e38, 3e38]], np.float32)
    labels = np.array([0, 2])
    np.testing.assert_allclose(measures.softmax(logits), [[1, 0, 0], [0, 0.5, 0.5]])
    assert measures.cross_entropy(labels, logits) == pytest.approx(np.log(2) / 2)
    np.testing.assert_allclose(measures.energy(logits), -logsumexp(logits.astype(np.float64), axis=1))
    assert measures.cross_entropy(np.array([1, 0]), logits) > 1e30


def test_the_calibration_error_is_the_mean_gap_counted_by_hand():
    # Confidences 0.9 (bin 13) four times, three right: |4·0.9 − 3| = 0.6; 0.6 (bin 9) twice, none right: 1.2;
    # one of 0.7 (bin 10), right: 0.3. Together 2.1 over 7 images.
    confidences = np.array([0.9, 0.9, 0.9, 0.9, 0.6, 0.6, 0.7])
    labels = np.array([0, 0, 0, 1, 1, 1, 0])
    logits = np.log(np.stack([confidences, 1 - confidences], axis=1))
    assert measures.expected_calibration_error(labels, logits) == pytest.approx(2.1 / 7, rel=1e-9)


def test_gaps_of_one_bin_cancel_and_those_of_two_do_not():
    def error(confidences, labels):
        confidences = np.array(confidences)
        logits = np.log(np.stack([confidences, 1 - confidences], axis=1))
        return measures.expected_calibration_error(np.array(labels), logits)

    # A pair whose confidences sum to its number of right answers, within a bin and apart.
    assert error([0.70, 0.72], [0, 0]) == pytest.approx((2 - 1.42) / 2)
    assert error([0.70] * 7 + [0.70] * 3, [0] * 7 + [1] * 3) == pytest.approx(0, abs=1e-12)
    assert error([0.70] * 2 + [0.95] * 2, [1, 1, 0, 0]) == pytest.approx((1.4 + 0.1) / 4)


def test_a_network_that_is_surely_right_is_calibrated():
    logits = np.array([[100.0, 0.0], [0.0, 100.0]], np.float32)
    assert measures.expected_calibration_error(np.array([0, 1]), logits) == pytest.approx(0)
    assert measures.expected_calibration_error(np.array([1, 0]), logits) == pytest.approx(1)


def test_a_report_says_what_scikit_learn_says(answers):
    labels, logits = answers
    names = tuple("abcdef")
    report = evaluate(labels, logits, names, TRAINING)
    expected = metrics.classification_report(
        labels, logits.argmax(1), labels=range(CLASSES), target_names=names, output_dict=True, zero_division=0
    )
    for row in report.per_class:
        theirs = expected[row.name]
        assert (row.precision, row.recall, row.f1, row.support) == pytest.approx(
            (theirs["precision"], theirs["recall"], theirs["f1-score"], theirs["support"])
        )
    macro = expected["macro avg"]
    assert (report.precision, report.recall, report.f1) == pytest.approx(
        (macro["precision"], macro["recall"], macro["f1-score"])
    )
    assert report.accuracy == pytest.approx(metrics.accuracy_score(labels, logits.argmax(1)))
    assert report.matrix().sum() == report.test_count == 500
    assert report.class_names == names


def test_a_report_says_how_it_came_about(answers):
    report = evaluate(*answers, tuple("abcdef"), TRAINING)
    assert (report.is_test_set_watched, report.best_epoch, report.val_accuracy) == (True, 3, 0.5)
    assert (report.parameters, report.outlier_threshold) == (42, -1.5)
