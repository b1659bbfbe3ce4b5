"""Confident learning: against the package of the method's authors, against the paper by hand, and where data is odd."""

import warnings

import numpy as np
import pytest

from cnn_core.evaluation.label_issues import confident_thresholds, find_label_issues
from cnn_core.runs.store import showcase


@pytest.fixture(scope="module")
def cleanlab():
    # It warns of packages of its own that are not here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cleanlab.count
        import cleanlab.filter

        return cleanlab


def noisy(count, classes, seed, sureness=3.0, wrong=0.1):
    """Labels, a share of them wrong, and the probabilities of a network that mostly knows better."""
    rng = np.random.default_rng(seed)
    right = rng.integers(0, classes, count)
    logits = rng.normal(size=(count, classes))
    logits[np.arange(count), right] += sureness
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.where(rng.random(count) < wrong, rng.integers(0, classes, count), right)
    return labels, probabilities


def by_cleanlab(cleanlab, labels, probabilities):
    """Indices ranked by the package, and its calibrated joint."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranked = cleanlab.filter.find_label_issues(
            labels,
            probabilities,
            filter_by="confident_learning",
            return_indices_ranked_by="normalized_margin",
            n_jobs=1,
        )
        return ranked, cleanlab.count.compute_confident_joint(labels, probabilities)


@pytest.mark.parametrize(("count", "classes", "seed"), [(500, 3, 0), (2000, 10, 1), (300, 2, 2)])
def test_list_order_and_estimate_are_those_of_cleanlab(cleanlab, count, classes, seed):
    labels, probabilities = noisy(count, classes, seed)
    issues = find_label_issues(labels, probabilities)
    ranked, joint = by_cleanlab(cleanlab, labels, probabilities)
    assert len(issues) >= 5
    np.testing.assert_array_equal(issues.indices, ranked)
    # The package rounds to whole images.
    np.testing.assert_allclose(issues.joint, joint, atol=1.0)
    np.testing.assert_allclose(issues.joint.sum(axis=1), np.bincount(labels))


def test_the_thresholds_are_those_of_cleanlab(cleanlab):
    labels, probabilities = noisy(1000, 7, seed=3)
    expected = cleanlab.count.get_confident_thresholds(labels, probabilities)
    np.testing.assert_allclose(confident_thresholds(labels, probabilities), expected)


def test_on_the_real_test_images_the_list_is_that_of_cleanlab(cleanlab):
    answers = showcase().predictions()
    issues = find_label_issues(answers.labels, answers.probabilities)
    ranked, joint = by_cleanlab(cleanlab, answers.labels, answers.probabilities)
    np.testing.assert_array_equal(issues.indices, ranked)
    np.testing.assert_allclose(issues.joint, joint, atol=1.0)


def test_the_wrong_labels_that_were_put_in_come_first():
    labels, probabilities = noisy(2000, 5, seed=4, sureness=8.0, wrong=0.0)
    wrong = np.arange(0, 2000, 100)
    given = labels.copy()
    given[wrong] = (labels[wrong] + 1) % 5
    issues = find_label_issues(given, probabilities)
    assert set(wrong) == set(issues.indices[: len(wrong)])
    np.testing.assert_array_equal(issues.suggested[: len(wrong)], labels[issues.indices[: len(wrong)]])
    assert issues.estimated_errors == pytest.approx(len(wrong), abs=3)


def test_a_small_case_counted_by_hand():
    """Thresholds: class 0 (0.9 + 0.8 + 0.1) / 3 = 0.6, class 1 (0.8 + 0.9) / 2 = 0.85. The third image is the issue."""
    labels = np.array([0, 0, 0, 1, 1])
    first = np.array([0.9, 0.8, 0.1, 0.2, 0.1])
    issues = find_label_issues(labels, np.column_stack([first, 1 - first]))
    assert issues.indices.tolist() == [2]
    assert (issues.given.tolist(), issues.suggested.tolist()) == ([0], [1])
    assert issues.given_probability.tolist() == pytest.approx([0.1])
    assert issues.suggested_probability.tolist() == pytest.approx([0.9])
    # Label 0: two confident zeros and a confident one, of three. Label 1: one confident, scaled to its two images.
    np.testing.assert_allclose(issues.joint, [[2, 1], [0, 2]])
    assert issues.estimated_errors == pytest.approx(1)


def test_of_several_classes_that_are_reached_the_most_probable_counts():
    """The paper's rule. The last image's answer, class 0, misses its threshold; classes 1 and 2 reach theirs."""
    probabilities = np.array(
        [
            [0.98, 0.01, 0.01],
            [0.96, 0.02, 0.02],
            [0.80, 0.15, 0.05],
            [0.80, 0.05, 0.15],
            [0.50, 0.26, 0.24],
        ]
    )
    # Thresholds: 0.97, 0.15 and (0.15 + 0.24) / 2 = 0.195.
    issues = find_label_issues(np.array([0, 0, 1, 2, 2]), probabilities)
    assert issues.indices.tolist() == [4]
    assert issues.suggested.tolist() == [1]


def test_one_other_class_is_more_suspicious_than_several():
    labels = np.array([0, 0, 0, 1, 1, 2, 0, 0])
    probabilities = np.array(
        [
            [0.9, 0.05, 0.05],
            [0.9, 0.05, 0.05],
            [0.9, 0.05, 0.05],
            [0.3, 0.5, 0.2],
            [0.3, 0.5, 0.2],
            [0.3, 0.3, 0.4],
            [0.01, 0.5, 0.49],  # its label is less probable, but there is no clear other
            [0.02, 0.97, 0.01],
        ]
    )
    assert find_label_issues(labels, probabilities).indices.tolist() == [7, 6]


def test_classes_without_images_and_classes_never_predicted_leave_nothing_undefined():
    labels, probabilities = noisy(400, 4, seed=5)
    # A fifth class that no image has, and a sixth that no answer is.
    probabilities = np.column_stack([probabilities * 0.9, np.full(400, 0.09), np.full(400, 0.01)])
    labels[0] = 5
    issues = find_label_issues(labels, probabilities)
    assert np.isfinite(issues.joint).all()
    assert np.isfinite(issues.estimated_errors)
    assert not (issues.suggested == 4).any()
    assert issues.joint[4].sum() == 0
    assert issues.joint[5].sum() == pytest.approx(1)


def test_where_the_network_agrees_with_every_label_there_is_nothing_to_list():
    issues = find_label_issues(np.arange(10), np.eye(10) * 0.9 + 0.01)
    assert len(issues) == 0
    assert issues.estimated_errors == pytest.approx(0)
