"""Two networks on the same images: counts, McNemar's test, the bootstrap, and what is said of them."""

import time

import numpy as np
import pytest
from scipy import stats

from cnn_core.errors import RunError
from cnn_core.evaluation.comparison import compare, difference_interval, mcnemar_p_value
from cnn_core.evaluation.comparison_words import chance, points, verdict
from cnn_core.evaluation.disagreements import (
    CellChange,
    cell_change,
    cell_change_in_words,
    class_changes,
    select_disagreements,
)
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.figures.matrix_difference import difference_cells
from cnn_core.runs.store import showcase

# Image:               0    1    2    3    4    5    6    7
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2])
OF_A = np.array([0, 0, 1, 1, 2, 2, 0, 1])
OF_B = np.array([0, 1, 0, 1, 0, 2, 0, 2])
SURE_A = np.array([0.9, 0.8, 0.7, 0.9, 0.6, 0.9, 0.5, 0.75])
SURE_B = np.array([0.9, 0.95, 0.9, 0.9, 0.9, 0.9, 0.6, 0.9])


def answers(predicted, sure, labels=LABELS):
    """Three classes; the answer of each image has the probability of ``sure``."""
    probabilities = np.repeat((1 - np.asarray(sure))[:, None] / 2, 3, axis=1)
    probabilities[np.arange(len(labels)), predicted] = sure
    return LabelledLogits(labels, np.log(probabilities).astype(np.float32))


def counted(both_right, only_a, only_b, both_wrong):
    """Answers with these counts, two classes; two wrong answers are the same."""
    right_a = np.repeat([1, 1, 0, 0], [both_right, only_a, only_b, both_wrong])
    right_b = np.repeat([1, 0, 1, 0], [both_right, only_a, only_b, both_wrong])
    labels = np.zeros(len(right_a), np.int64)
    sides = [np.stack([right, 1 - right], axis=1).astype(np.float32) for right in (right_a, right_b)]
    return tuple(LabelledLogits(labels, logits) for logits in sides)


@pytest.fixture
def a():
    return answers(OF_A, SURE_A)


@pytest.fixture
def b():
    return answers(OF_B, SURE_B)


@pytest.fixture(scope="module")
def real():
    """The showcase on the 10,000 test images, and the same network with noise on its logits."""
    a = showcase().predictions()
    noise = np.random.default_rng(1).normal(0, 0.8, a.logits.shape)
    return a, LabelledLogits(a.labels, (a.logits + noise).astype(np.float32))


def test_the_four_counts_are_those_of_a_count_by_hand(a, b):
    found = compare(a, b)
    # Right: A 0 1 3 5, B 0 2 3 5 7.
    assert (found.both_right, found.only_a_right, found.only_b_right, found.both_wrong) == (3, 1, 2, 2)
    assert (found.count, found.one_right, found.same_answer) == (8, 3, 4)
    assert (found.accuracy_a, found.accuracy_b, found.difference) == (0.5, 0.625, 0.125)


def test_on_real_answers_the_accuracies_are_those_of_the_report(real):
    a, b = real
    found = compare(a, b)
    assert found.accuracy_a == pytest.approx(showcase().report().accuracy)
    assert found.accuracy_b == (b.logits.argmax(axis=1) == b.labels).mean()
    assert found.count == 10_000
    right = int((a.logits.argmax(axis=1) == a.labels).sum())
    assert found.interval_a == pytest.approx(stats.binomtest(right, 10_000).proportion_ci(method="wilson"), abs=1e-9)
    p = stats.binomtest(found.only_a_right, found.one_right).pvalue
    assert found.p_value == pytest.approx(p, rel=1e-9)
    assert 0 < p < 1


@pytest.mark.parametrize(
    ("only_a", "only_b"),
    [(0, 1), (1, 0), (5, 0), (3, 3), (12, 13), (46, 70), (126, 1571), (20_000, 20_600), (50_000, 49_500)],
)
def test_the_p_value_is_that_of_scipys_binomial_test(only_a, only_b):
    expected = stats.binomtest(only_a, only_a + only_b, 0.5).pvalue
    assert mcnemar_p_value(only_a, only_b) == pytest.approx(expected, rel=1e-8)


def test_without_an_image_that_tells_them_apart_the_p_value_is_one():
    assert mcnemar_p_value(0, 0) == 1.0


def test_a_p_value_too_small_for_a_float_is_zero():
    assert mcnemar_p_value(0, 10_000) == 0.0


def test_the_interval_is_that_of_a_resampling_of_images(real):
    a, b = real
    gain = b.is_right.astype(np.int8) - a.is_right.astype(np.int8)
    generator = np.random.default_rng(5)
    plain = [gain[generator.integers(0, len(gain), len(gain))].mean() for _ in range(4000)]
    found = compare(a, b)
    # An end of the interval varies by about 3 % of the standard deviation from one such simulation to the next.
    tolerance = 0.15 * np.std(plain)
    assert found.difference_low == pytest.approx(np.percentile(plain, 2.5), abs=tolerance)
    assert found.difference_high == pytest.approx(np.percentile(plain, 97.5), abs=tolerance)


@pytest.mark.parametrize(("only_a", "only_b", "count"), [(300, 360, 10_000), (40, 90, 1_000), (5_000, 5_100, 100_000)])
def test_the_interval_is_near_the_normal_approximation(only_a, only_b, count):
    difference = (only_b - only_a) / count
    deviation = np.sqrt((only_a + only_b) / count - difference**2) / np.sqrt(count)
    low, high = difference_interval(only_a, only_b, count)
    assert (low - difference) / deviation == pytest.approx(stats.norm.ppf(0.025), abs=0.12)
    assert (high - difference) / deviation == pytest.approx(stats.norm.ppf(0.975), abs=0.12)


def test_a_comparison_the_other_way_round_is_its_mirror_image(real):
    a, b = real
    there, back = compare(a, b), compare(b, a)
    assert there.p_value == back.p_value
    assert there.difference == -back.difference
    assert there.difference_low == pytest.approx(-back.difference_high, abs=5e-4)


def test_the_same_pair_gives_the_same_interval_each_time():
    assert difference_interval(10, 20, 500) == difference_interval(10, 20, 500)


def test_answers_for_other_images_are_refused(a):
    with pytest.raises(RunError, match="not tested on the same images"):
        compare(a, answers(OF_B[:-1], SURE_B[:-1], LABELS[:-1]))
    with pytest.raises(RunError, match="not tested on the same images"):
        compare(a, answers(OF_B, SURE_B, LABELS[::-1]))


def test_no_images_at_all_are_refused():
    nothing = LabelledLogits(np.zeros(0, np.int64), np.zeros((0, 3), np.float32))
    with pytest.raises(RunError, match="no test images"):
        compare(nothing, nothing)


def test_a_hundred_thousand_images_are_compared_within_the_time_of_a_page():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 100_000)
    a, b = (LabelledLogits(labels, generator.normal(size=(100_000, 10)).astype(np.float32)) for _ in "ab")
    # Of the processor: the clock on the wall measures who else uses it.
    start = time.process_time()
    compare(a, b)
    assert time.process_time() - start < 1


# What is said.


def test_a_difference_within_chance_is_no_reason_to_prefer_one():
    # binomtest(300, 640): p = 0.123, 1 time in 8.
    assert verdict(compare(*counted(9_000, 300, 340, 360))) == (
        "On these 10,000 images B is better by 0.40 points (95% interval −0.09 to 0.90). If both were equally good, a "
        "difference of that size or more would happen by chance 1 time in 8: not enough to call B better."
    )


def test_the_better_one_is_named_and_its_lead_is_positive_whichever_it_is():
    words = verdict(compare(*counted(9_000, 340, 300, 360)))
    assert "A is better by 0.40 points (95% interval −0.09 to 0.90)" in words
    assert "not enough to call A better" in words


def test_a_large_difference_is_called_one():
    words = verdict(compare(*counted(8_000, 200, 800, 1_000)))
    assert "B is better by 6.00 points" in words
    assert "by chance less than 1 time in 10,000: seldom enough to call B better on images like these" in words


def test_equal_accuracy_is_said_and_so_is_that_the_images_are_others():
    words = verdict(compare(*counted(9_000, 50, 50, 900)))
    assert words.startswith("A and B are equally accurate on these 10,000 images")
    assert "100 images are got right by one of them only, half of these by A and half by B" in words


def test_identical_answers_are_called_so(a):
    assert "same answer for each of the 8 images" in verdict(compare(a, a))


def test_other_wrong_answers_alone_are_no_difference_in_accuracy():
    a = answers([0, 1, 2], [0.9] * 3, np.array([0, 0, 0]))
    b = answers([0, 2, 1], [0.9] * 3, np.array([0, 0, 0]))
    assert "right on the same images. They differ on 2 images, which both get wrong" in verdict(compare(a, b))


def test_a_clean_sweep_of_a_few_images_is_no_verdict():
    words = verdict(compare(*counted(300, 0, 5, 20)))
    assert "1 time in 16: not enough to call B better. Only 5 images tell them apart, too few" in words


def test_where_interval_and_test_differ_the_case_is_borderline():
    found = compare(*counted(400, 6, 16, 20))
    assert found.difference_low > 0
    assert found.p_value > 0.05
    assert "a borderline case, for the interval leaves out 0; not enough to call B better" in verdict(found)


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (1.0, "nearly every time"),
        (0.72, "7 times in 10"),
        (0.36, "4 times in 10"),
        (0.34, "1 time in 3"),
        (0.125, "1 time in 8"),
        (0.0312, "1 time in 32"),
        (0.00123, "1 time in 810"),
        (1.01e-4, "1 time in 9,900"),
        (1e-4, "1 time in 10,000"),
        (9.9e-5, "less than 1 time in 10,000"),
        (0.0, "less than 1 time in 10,000"),
    ],
)
def test_chances_are_read_as_times(p_value, words):
    assert chance(p_value) == words


@pytest.mark.parametrize(
    ("difference", "count", "words"),
    [
        (0.004, 10_000, "0.40"),
        (-0.0001, 10_000, "−0.01"),
        (1 / 360, 360, "0.3"),
        (-1e-9, 360, "0.0"),
        (1 / 100_000, 100_000, "0.001"),
        (-0.5, 2, "−50.0"),
    ],
)
def test_points_are_as_fine_as_one_image(difference, count, words):
    assert points(difference, count) == words


# Where they differ.


def test_images_are_selected_by_who_is_right_the_most_confident_mistake_first(a, b):
    selected = {
        which: select_disagreements(a, b, which).tolist()
        for which in ("they disagree", "only A right", "only B right", "both wrong")
    }
    assert selected == {
        "they disagree": [1, 4, 7, 2],
        "only A right": [1],
        "only B right": [7, 2],
        "both wrong": [4, 6],
    }


def test_a_cell_selects_what_came_into_it_and_what_left_it(a, b):
    assert select_disagreements(a, b, "they disagree", true=0, predicted=1).tolist() == [1, 2]
    assert cell_change(a, b, 0, 1) == CellChange(before=1, after=1, left=1, came=1)
    assert select_disagreements(a, b, "they disagree", true=2).tolist() == [7]
    assert cell_change(a, b, 2, None) == CellChange(before=2, after=1, left=1, came=0)
    assert select_disagreements(a, b, "they disagree", predicted=2).tolist() == [4, 7]
    assert cell_change(a, b, None, 2) == CellChange(before=2, after=2, left=1, came=1)


def test_a_change_is_told_in_words():
    names = ("cat", "dog")
    assert cell_change_in_words(CellChange(12, 9, 5, 2), (0, 1), names) == (
        "True cat, predicted dog: 12 under A, 9 under B. 5 no longer, 2 newly."
    )
    assert cell_change_in_words(CellChange(3, 3, 0, 0), (0, None), names) == (
        "True cat, predicted otherwise: 3 under A, 3 under B. The very same images."
    )
    assert cell_change_in_words(CellChange(0, 0, 0, 0), (None, 1), names) == "Predicted dog: 0 under A, 0 under B."


def test_the_difference_of_the_matrices_is_that_of_scikit_learn(real):
    from sklearn.metrics import confusion_matrix

    before, after = (confusion_matrix(side.labels, side.predicted) for side in real)
    expected = after - before
    cells = difference_cells(before, after, tuple("0123456789"))
    shown = [[int(text.replace("−", "-").replace(",", "")) for text in row] for row in cells.texts]
    assert (np.array(shown) == expected).all()
    assert np.abs(cells.shades).max() == 1
    # Better is more on the diagonal and less beside it.
    is_right = np.eye(10, dtype=bool)
    assert (np.sign(cells.shades) == np.sign(np.where(is_right, expected, -expected))).all()
    assert (cells.faint == (expected == 0)).all()
    assert cells.title(0, 1) == f"true 0, predicted 1: {before[0, 1]} under A, {after[0, 1]} under B"


def test_two_equal_matrices_have_a_bare_difference():
    matrix = np.array([[2, 1], [0, 3]])
    cells = difference_cells(matrix, matrix, ("cat", "dog"))
    assert not cells.shades.any()
    assert cells.texts.tolist() == [["0", "0"], ["0", "0"]]


def test_recalls_by_class_are_those_of_scikit_learn(real):
    from sklearn.metrics import recall_score

    a, b = real
    rows = class_changes(a, b, showcase().report().class_names)
    assert [row.recall_a for row in rows] == pytest.approx(recall_score(a.labels, a.predicted, average=None))
    assert [row.recall_b for row in rows] == pytest.approx(recall_score(b.labels, b.predicted, average=None))
    assert [row.difference for row in rows] == pytest.approx([row.recall_b - row.recall_a for row in rows])
    assert [row.support for row in rows] == [1000] * 10


def test_a_class_without_images_has_no_recall_and_no_division_by_zero(a, b):
    rows = class_changes(a, b, ("0", "1", "2", "never"))
    assert (rows[3].recall_a, rows[3].recall_b, rows[3].support) == (None, None, 0)
    assert rows[3].difference is rows[3].difference_points is None
