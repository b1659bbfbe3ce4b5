"""Temperature and reliability, against SciPy, scikit-learn, a pencil, and the real answers of the showcase."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve

from cnn_core.evaluation.calibration import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    expected_calibration_error,
    fit_temperature,
    reliability,
    with_temperature,
)
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.runs.store import showcase


def calibrated_answers(count=40_000, classes=5, seed=0):
    """Logits whose softmax says how often each class is the true one: the labels are drawn from it."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    below = softmax(logits, axis=1).cumsum(axis=1)
    labels = np.minimum((rng.random((count, 1)) > below).sum(axis=1), classes - 1)
    return LabelledLogits(labels, logits.astype(np.float32))


def times(answers, factor):
    return LabelledLogits(answers.labels, answers.logits * np.float32(factor))


def loss_at(answers, temperature):
    """Cross-entropy of softmax(logits / temperature), by SciPy."""
    logarithms = log_softmax(answers.logits.astype(np.float64) / temperature, axis=1)
    return -logarithms[np.arange(len(answers)), answers.labels].mean()


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0, 10.0])
def test_what_made_a_calibrated_network_too_sure_is_found_again(factor):
    assert fit_temperature(times(calibrated_answers(), factor)) == pytest.approx(factor, rel=0.02)


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_temperature_is_where_scipy_finds_the_least_cross_entropy(factor, seed):
    answers = times(calibrated_answers(300, seed=seed), factor)
    expected = minimize_scalar(
        lambda logarithm: loss_at(answers, np.exp(logarithm)),
        bounds=(np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    assert fit_temperature(answers) == pytest.approx(np.exp(expected.x), rel=1e-4)


def test_the_temperature_of_the_showcase_is_that_of_scipy_and_mends_its_confidence():
    report, predictions = showcase().report(), showcase().predictions()
    validation = predictions.validation
    assert len(validation) == 3000
    expected = minimize_scalar(lambda t: loss_at(validation, t), bounds=(0.1, 5), options={"xatol": 1e-8})
    assert report.temperature == pytest.approx(expected.x, rel=1e-4)
    assert report.calibrated_loss == pytest.approx(loss_at(predictions, expected.x), rel=1e-5)
    assert report.calibrated_loss < report.loss
    assert report.calibrated_error < 0.02 < report.expected_calibration_error


def test_where_every_answer_is_right_nothing_is_changed():
    logits = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]]
    assert fit_temperature(LabelledLogits(logits.argmax(axis=1), logits)) == 1


def test_hopeless_and_extreme_answers_stay_within_the_bounds():
    eye = np.eye(4, dtype=np.float32)
    wrong = LabelledLogits(np.array([1, 2, 3, 0]), eye)
    assert fit_temperature(wrong) == HIGHEST_TEMPERATURE
    huge = np.float32([[3e38, -3e38], [3e38, -3e38], [-3e38, 3e38]])
    assert fit_temperature(LabelledLogits(np.array([0, 1, 1]), huge)) == HIGHEST_TEMPERATURE
    faint = times(calibrated_answers(500), 1e-4)
    assert fit_temperature(faint) == LOWEST_TEMPERATURE
    undecided = LabelledLogits(np.array([0, 1]), np.zeros((2, 3), np.float32))
    assert fit_temperature(undecided) == 1
    assert fit_temperature(LabelledLogits(np.array([1]), np.float32([[2, 1]]))) == HIGHEST_TEMPERATURE


def test_a_temperature_changes_how_sure_and_never_what():
    answers = times(calibrated_answers(1000), 3)
    cooled = with_temperature(answers, 3.0)
    np.testing.assert_array_equal(cooled.predicted, answers.predicted)
    np.testing.assert_allclose(
        cooled.probabilities, softmax(answers.logits.astype(np.float64) / 3, axis=1), rtol=1e-4, atol=1e-12
    )
    assert cooled.confidence.mean() < answers.confidence.mean() - 0.1
    assert with_temperature(answers, None) is answers


@pytest.mark.parametrize("bins", [5, 15])
def test_the_bins_are_those_of_scikit_learn(bins):
    answers = times(calibrated_answers(3000), 2)
    found = reliability(answers.labels, answers.probabilities, bins)
    expected = calibration_curve(answers.is_right, answers.confidence, n_bins=bins)
    filled = found.counts > 0
    np.testing.assert_allclose(found.accuracy[filled], expected[0], rtol=1e-9)
    np.testing.assert_allclose(found.confidence[filled], expected[1], rtol=1e-9)
    assert found.counts.sum() == 3000
    # Of five classes the most probable one has a fifth at least.
    assert np.isnan(found.accuracy[: bins // 5]).all()
    assert np.isnan(found.confidence[: bins // 5]).all()
    np.testing.assert_allclose(found.lower[1:], found.upper[:-1])
    assert (found.lower[0], found.upper[-1]) == (0, 1)


def test_a_confidence_on_a_limit_belongs_to_the_bin_above_it_and_1_to_the_last():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0], [1.0, 0.0]])
    found = reliability(np.array([0, 0, 0, 1]), probabilities, bins=4)
    assert found.counts.tolist() == [0, 0, 1, 3]
    np.testing.assert_allclose(found.accuracy, [np.nan, np.nan, 1, 1 / 3])
    np.testing.assert_allclose(found.confidence, [np.nan, np.nan, 0.5, 2.75 / 3])


def test_the_gaps_of_the_bins_are_the_calibration_error_of_the_showcase():
    predictions = showcase().predictions()
    found = reliability(predictions.labels, predictions.probabilities)
    curve = calibration_curve(predictions.is_right, predictions.confidence, n_bins=15)
    counts = found.counts[found.counts > 0]
    expected = np.average(np.abs(curve[0] - curve[1]), weights=counts)
    assert expected_calibration_error(predictions.labels, predictions.logits) == pytest.approx(expected, rel=1e-9)
    assert showcase().report().expected_calibration_error == pytest.approx(expected, rel=1e-6)
