"""Figures of merit, against scikit-learn, SciPy and a pencil."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import log_softmax, logsumexp, softmax
from sklearn import metrics

from cnn_core.evaluation import calibration, measures
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.report import Training, evaluate
from cnn_core.runs.store import showcase

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
    assert calibration.expected_calibration_error(labels, logits) == pytest.approx(2.1 / 7, rel=1e-9)


def test_gaps_of_one_bin_cancel_and_those_of_two_do_not():
    def error(confidences, labels):
        confidences = np.array(confidences)
        logits = np.log(np.stack([confidences, 1 - confidences], axis=1))
        return calibration.expected_calibration_error(np.array(labels), logits)

    # A pair whose confidences sum to its number of right answers, within a bin and apart.
    assert error([0.70, 0.72], [0, 0]) == pytest.approx((2 - 1.42) / 2)
    assert error([0.70] * 7 + [0.70] * 3, [0] * 7 + [1] * 3) == pytest.approx(0, abs=1e-12)
    assert error([0.70] * 2 + [0.95] * 2, [1, 1, 0, 0]) == pytest.approx((1.4 + 0.1) / 4)


def test_a_network_that_is_surely_right_is_calibrated():
    logits = np.array([[100.0, 0.0], [0.0, 100.0]], np.float32)
    assert calibration.expected_calibration_error(np.array([0, 1]), logits) == pytest.approx(0)
    assert calibration.expected_calibration_error(np.array([1, 0]), logits) == pytest.approx(1)


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


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (0, 360), (360, 360), (322, 360), (9401, 10_000), (1, 7)])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_interval_is_that_of_scipy(hits, count, level):
    expected = stats.binomtest(hits, count).proportion_ci(level, method="wilson")
    found = measures.wilson_interval(hits, count, level)
    np.testing.assert_allclose(found, (expected.low, expected.high), rtol=1e-9, atol=1e-12)
    assert 0 <= found[0] <= hits / count <= found[1] <= 1


@pytest.mark.parametrize("k", [1, 2, 3, CLASSES])
def test_top_k_accuracy_is_that_of_scikit_learn(answers, k):
    labels, logits = answers
    if k == CLASSES:
        assert measures.top_accuracy(labels, logits, k) == 1
    else:
        expected = metrics.top_k_accuracy_score(labels, logits, k=k, labels=range(CLASSES))
        assert measures.top_accuracy(labels, logits, k) == pytest.approx(expected, rel=1e-12)


def test_of_equal_logits_the_first_is_the_largest_as_for_the_accuracy():
    logits = np.zeros((3, 3), np.float32)
    labels = np.array([0, 1, 2])
    assert [measures.top_accuracy(labels, logits, k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])
    assert measures.top_accuracy(labels, logits, 1) == measures.accuracy(labels, logits)


def test_the_weighted_means_are_those_of_scikit_learn(answers):
    labels, logits = answers
    report = evaluate(labels, logits, tuple("abcdef"), TRAINING)
    expected = metrics.precision_recall_fscore_support(
        labels, logits.argmax(1), labels=range(CLASSES), average="weighted", zero_division=0
    )
    found = (report.weighted_precision, report.weighted_recall, report.weighted_f1)
    assert found == pytest.approx(expected[:3], rel=1e-12)
    assert found != pytest.approx((report.precision, report.recall, report.f1), rel=1e-3)


def test_every_figure_of_the_showcase_is_that_of_scikit_learn_and_scipy_on_its_10_000_answers():
    report, answers = showcase().report(), showcase().predictions()
    labels, predicted = answers.labels, answers.logits.argmax(axis=1)
    probabilities = softmax(answers.logits.astype(np.float64), axis=1)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert report.test_count == 10_000
    assert report.accuracy == metrics.accuracy_score(labels, predicted)
    interval = stats.binomtest(int((labels == predicted).sum()), 10_000).proportion_ci(method="wilson")
    assert (report.accuracy_low, report.accuracy_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert report.loss == pytest.approx(metrics.log_loss(labels, probabilities), rel=1e-6)
    assert report.top2_accuracy == metrics.top_k_accuracy_score(labels, answers.logits, k=2)
    for average, found in (
        ("macro", (report.precision, report.recall, report.f1)),
        ("weighted", (report.weighted_precision, report.weighted_recall, report.weighted_f1)),
    ):
        expected = metrics.precision_recall_fscore_support(labels, predicted, average=average)
        assert found == pytest.approx(expected[:3], rel=1e-9)
    np.testing.assert_array_equal(report.matrix(), metrics.confusion_matrix(labels, predicted))


def test_a_temperature_is_only_where_validation_images_are(answers):
    labels, logits = answers
    without = evaluate(labels, logits, tuple("abcdef"), TRAINING)
    assert (without.temperature, without.calibrated_loss, without.calibrated_error) == (None, None, None)
    validation = LabelledLogits(labels[:200], logits[:200])
    report = evaluate(labels, logits, tuple("abcdef"), TRAINING, validation)
    cooled = log_softmax(logits.astype(np.float64) / report.temperature, axis=1)
    assert report.calibrated_loss == pytest.approx(-cooled[np.arange(500), labels].mean(), rel=1e-5)
    # What the network itself says stays as it is.
    assert (report.loss, report.accuracy) == (without.loss, without.accuracy)
    assert report.expected_calibration_error == without.expected_calibration_error
