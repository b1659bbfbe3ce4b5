"""Answering only when sure: thresholds, shares and accuracies as one counts them by hand."""

import numpy as np
import pytest

from cnn_core.evaluation.coverage import LEAST_COVERAGE, coverage_of
from cnn_core.runs.store import showcase

# From the surest: right, right, wrong, two equally sure (right and wrong), right.
CONFIDENCE = np.array([0.7, 0.99, 0.8, 0.7, 0.9, 0.4])
IS_RIGHT = np.array([False, True, False, True, True, True])


@pytest.fixture
def coverage():
    return coverage_of(CONFIDENCE, IS_RIGHT)


@pytest.fixture(scope="module")
def answers():
    return showcase().predictions()


def test_each_confidence_is_a_threshold_once_and_equal_ones_go_together(coverage):
    assert coverage.thresholds.tolist() == [0.99, 0.9, 0.8, 0.7, 0.4]
    assert coverage.answered.tolist() == [1, 2, 3, 5, 6]
    assert coverage.right.tolist() == [1, 2, 2, 3, 4]


@pytest.mark.parametrize(
    ("share", "threshold", "answered", "right"),
    [(0.01, 0.99, 1, 1), (1 / 3, 0.9, 2, 2), (0.5, 0.8, 3, 2), (0.6, 0.7, 5, 3), (1.0, 0.4, 6, 4)],
)
def test_a_share_gives_the_highest_threshold_that_answers_as_many(coverage, share, threshold, answered, right):
    point = coverage.at(share)
    assert (point.threshold, point.answered, point.right) == (threshold, answered, right)
    assert point.coverage == pytest.approx(answered / 6)
    assert point.accuracy == pytest.approx(right / answered)
    assert point.passed_on == 6 - answered


def test_a_share_that_floats_cannot_hold_exactly_means_the_whole_number_of_images():
    coverage = coverage_of(np.linspace(1, 0, 100), np.ones(100, bool))
    assert [coverage.at(share / 100).answered for share in range(1, 101)] == list(range(1, 101))


def test_an_accuracy_gives_the_threshold_that_answers_the_most(coverage):
    assert coverage.reaching(1.0).answered == 2
    # 4 of 6 are right, which is more than 3 of 5: the curve need not fall.
    assert coverage.reaching(0.65).answered == 6
    assert coverage.reaching(2 / 3).answered == 6


def test_an_accuracy_that_no_threshold_has_is_not_reached():
    coverage = coverage_of(CONFIDENCE, np.array([True, False, True, True, True, True]))
    assert coverage.reaching(0.9) is None
    assert coverage.best.accuracy == pytest.approx(5 / 6)
    assert coverage.best.answered == 6


def test_a_handful_of_right_answers_reaches_nothing():
    confidence, is_right = np.linspace(1, 0, 1000), np.arange(1000) < 20
    coverage = coverage_of(confidence, is_right)
    assert coverage.reaching(0.99) is None
    assert coverage.best.answered == 1000 * LEAST_COVERAGE
    assert coverage.best.accuracy == pytest.approx(20 / 50)


def test_on_the_showcase_points_are_what_a_count_of_the_images_gives(answers):
    coverage = coverage_of(answers.confidence, answers.is_right)
    for share in (0.05, 0.3, 0.8, 0.95, 1):
        point = coverage.at(share)
        is_answered = answers.confidence >= point.threshold
        assert point.answered == is_answered.sum() >= share * len(answers)
        assert point.accuracy == answers.is_right[is_answered].mean()
    assert coverage.at(1).accuracy == (answers.logits.argmax(1) == answers.labels).mean()


def test_on_the_showcase_no_lower_threshold_has_the_accuracy_asked_for(answers):
    point = coverage_of(answers.confidence, answers.is_right).reaching(0.99)
    assert point.accuracy >= 0.99
    lower = np.unique(answers.confidence[answers.confidence < point.threshold])
    assert all(answers.is_right[answers.confidence >= threshold].mean() < 0.99 for threshold in lower)


def test_the_curve_ends_at_the_accuracy_of_all_and_stays_within_what_there_is(answers):
    coverage = coverage_of(answers.confidence, answers.is_right)
    share, accuracy = coverage.curve.T
    assert len(share) <= 300
    assert share[0] == pytest.approx(LEAST_COVERAGE, abs=1e-3)
    assert (share[-1], accuracy[-1]) == (1, answers.is_right.mean())
    assert (np.diff(share) > 0).all()
    exact = np.interp(coverage.answered / coverage.total, share, accuracy)
    shown = coverage.answered >= LEAST_COVERAGE * coverage.total
    # Where one wrong image makes a jump, a point beside it may be off by what a pixel is wide.
    off = np.abs(exact - coverage.right / coverage.answered)[shown]
    assert off.max() < 0.002
    assert off.mean() < 0.0001


def test_one_image_is_enough():
    point = coverage_of(np.array([0.6]), np.array([True])).at(0.05)
    assert (point.answered, point.right, point.coverage) == (1, 1, 1)
