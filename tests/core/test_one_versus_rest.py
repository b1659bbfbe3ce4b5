"""Each class against all others: areas and curves are scikit-learn's, drawn with fewer points."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from cnn_core.evaluation.curves import one_versus_rest
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.thinning import MOST_POINTS, thinned_line
from cnn_core.runs.store import showcase


def made_up(count, classes, seed, *, missing=None, rounded=False):
    """Answers of a mediocre network; ``missing`` is a class without images, ``rounded`` makes many of them equal."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([label for label in range(classes) if label != missing], count)
    logits = rng.normal(size=(count, classes))
    logits[np.arange(count), labels] += 1.5
    return LabelledLogits(labels, (logits.round() if rounded else logits).astype(np.float32))


def some_of(answers, every):
    return LabelledLogits(answers.labels[::every], answers.logits[::every])


CASES = {
    "few classes": made_up(500, 3, 0),
    "a class without images": made_up(800, 6, 1, missing=2),
    "equal probabilities": made_up(700, 4, 2, rounded=True),
    "a handful": made_up(7, 3, 3),
    "two classes": made_up(300, 2, 4),
    # With all 10,000 the farthest point is looked for twenty seconds long.
    "the showcase": some_of(showcase().predictions(), every=5),
}
answers_of_all_kinds = pytest.mark.parametrize("answers", CASES.values(), ids=CASES)


def classes_of(answers):
    """Every class with images and others: its curves, whether each image is its own, their probabilities."""
    for label, one in enumerate(one_versus_rest(answers)):
        is_own = answers.labels == label
        if is_own.any() and not is_own.all():
            yield one, is_own, answers.probabilities[:, label]


def distance(points, line):
    """How far the farthest of the points lies from a line of straight pieces, each pair measured by itself."""
    start, along = line[:-1], np.diff(line, axis=0)
    farthest = 0.0
    for point in points:
        share = ((point - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-30)
        foot = start + np.clip(share, 0, 1)[:, None] * along
        farthest = max(farthest, np.hypot(*(point - foot).T).min())
    return farthest


@answers_of_all_kinds
def test_the_areas_are_scikit_learns(answers):
    checked = 0
    for one, is_own, probabilities in classes_of(answers):
        assert one.average_precision == pytest.approx(average_precision_score(is_own, probabilities), abs=1e-12)
        assert one.roc_auc == pytest.approx(roc_auc_score(is_own, probabilities), abs=1e-12)
        checked += 1
    assert checked >= 2


@answers_of_all_kinds
def test_the_precision_recall_curve_looks_as_scikit_learns(answers):
    for one, is_own, probabilities in classes_of(answers):
        precision, recall, _ = precision_recall_curve(is_own, probabilities)
        theirs = np.stack([recall, precision], axis=1)[::-1]
        assert distance(theirs, one.precision_recall) < 0.002
        assert distance(one.precision_recall, theirs) < 1e-9
        assert len(one.precision_recall) <= MOST_POINTS


@answers_of_all_kinds
def test_the_roc_curve_looks_as_scikit_learns(answers):
    for one, is_own, probabilities in classes_of(answers):
        theirs = np.stack(roc_curve(is_own, probabilities, drop_intermediate=False)[:2], axis=1)
        assert distance(theirs, one.roc) < 0.002
        assert distance(one.roc, theirs) < 1e-9
        assert len(one.roc) <= MOST_POINTS
        np.testing.assert_array_equal(one.roc[[0, -1]], [[0, 0], [1, 1]])


def test_a_class_without_images_has_neither_areas_nor_curves():
    missing = one_versus_rest(CASES["a class without images"])[2]
    assert (missing.own, missing.others) == (0, 800)
    assert missing.average_precision is missing.roc_auc is None
    assert missing.precision_recall.shape == missing.roc.shape == (0, 2)


def test_a_class_that_has_all_images_has_a_precision_and_no_roc():
    (all_of_them, _) = one_versus_rest(LabelledLogits(np.zeros(5, np.int64), np.eye(5, 2, dtype=np.float32)))
    assert all_of_them.average_precision == 1
    assert all_of_them.roc_auc is None
    assert len(all_of_them.roc) == 0


def test_a_perfect_class_has_areas_of_one():
    labels = np.repeat([0, 1], 4)
    logits = np.zeros((8, 2), np.float32)
    logits[np.arange(8), labels] = 5
    for one in one_versus_rest(LabelledLogits(labels, logits)):
        assert (one.average_precision, one.roc_auc) == (1, 1)


def test_a_line_with_few_corners_keeps_them_and_no_more():
    corners = np.array([[0, 0], [0, 0.5], [0.3, 0.9], [1, 1.0]])
    line = np.concatenate([np.linspace(a, b, 50) for a, b in itertools.pairwise(corners)])
    np.testing.assert_allclose(np.unique(thinned_line(line), axis=0), corners)


def test_a_spike_along_the_direction_of_the_line_is_kept():
    line = np.array([[0, 1], [0, 0], [0.0001, 0.9], [0.5, 0.9], [1, 0.9]])
    assert [0, 0] in thinned_line(line).tolist()


def test_a_line_without_end_of_corners_is_thinned_to_what_is_allowed():
    rng = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 1, 5000), rng.random(5000)], axis=1)
    thinned = thinned_line(line)
    assert 100 < len(thinned) <= MOST_POINTS
    np.testing.assert_array_equal(thinned[[0, -1]], line[[0, -1]])


def test_a_chart_that_shows_little_of_an_axis_keeps_what_is_small_in_it():
    line = np.array([[0, 0.99], [0.5, 0.9901], [1, 0.99]])
    assert len(thinned_line(line)) == 2
    assert len(thinned_line(line, box=(1, 0.01))) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_a_line_of_one_or_two_points_stays_as_it_is(count):
    line = np.array([[0.2, 0.3], [0.4, 0.1]])[:count]
    np.testing.assert_array_equal(thinned_line(line), line)
