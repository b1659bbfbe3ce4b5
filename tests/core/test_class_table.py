"""Every class in a row, and the sentences below the table."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_fscore_support, roc_auc_score

from cnn_core.evaluation.class_table import class_errors, class_remarks, class_table
from cnn_core.evaluation.curves import one_versus_rest
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.evaluation.report import Training, evaluate
from cnn_core.runs.store import showcase

TRAINING = Training(is_test_set_watched=False, best_epoch=1, val_accuracy=None, parameters=1, outlier_threshold=0.0)


def evaluated(matrix, names):
    """The report of a network that answered so, and its answers."""
    true, predicted = np.indices(np.shape(matrix))
    counts = np.ravel(matrix)
    labels, said = np.repeat(true.ravel(), counts), np.repeat(predicted.ravel(), counts)
    logits = np.eye(len(names), dtype=np.float32)[said] * 3
    return evaluate(labels, logits, tuple(names), TRAINING), LabelledLogits(labels, logits)


def test_on_the_showcase_every_figure_is_scikit_learns():
    answers, report = showcase().predictions(), showcase().report()
    table = class_table(report, one_versus_rest(answers))
    precision, recall, f1, support = precision_recall_fscore_support(answers.labels, answers.predicted)
    for column, theirs in {"precision": precision, "recall": recall, "F1": f1}.items():
        np.testing.assert_allclose(table[column], 100 * theirs)
    assert table["images"].tolist() == support.tolist()
    is_own = answers.labels[:, None] == np.arange(10)
    areas = average_precision_score(is_own, answers.probabilities, average=None)
    np.testing.assert_allclose(table["average precision"], 100 * areas)
    np.testing.assert_allclose(table["ROC AUC"], 100 * roc_auc_score(is_own, answers.probabilities, average=None))
    assert table["class"].tolist() == list(report.class_names)


def test_what_cannot_be_measured_is_missing_rather_than_zero():
    # Of "never" no image was called so, of "unseen" there is no image.
    report, answers = evaluated([[6, 0, 2], [4, 0, 0], [0, 0, 0]], ["fine", "never", "unseen"])
    table = class_table(report, one_versus_rest(answers)).set_index("class")
    assert table.loc["fine", ["precision", "recall"]].tolist() == [60, 75]
    assert table.loc["never"].isna().tolist() == [False, True, False, False, False, False]
    assert table.loc["never", "recall"] == table.loc["never", "F1"] == 0
    assert table.loc["unseen"].isna().tolist() == [False, True, True, True, True, True]
    assert table.loc["unseen", "images"] == 0


def test_without_answers_image_by_image_the_figures_of_the_report_remain():
    report, _ = evaluated([[1, 1], [0, 2]], ["a", "b"])
    assert list(class_table(report, None).columns) == ["class", "images", "precision", "recall", "F1"]


def test_the_weakest_class_is_told_with_both_its_errors():
    report, _ = evaluated([[90, 10, 0], [20, 70, 10], [0, 0, 100]], ["coat", "shirt", "bag"])
    assert class_remarks(report) == [
        "Weakest class: shirt. Of its 100 images the network misses 30, and of the 80 that it calls so 10 are of other "
        "classes."
    ]


def test_a_share_that_would_round_to_nothing_is_told_as_a_number():
    report, _ = evaluated([[2000, 0], [1, 1999]], ["coat", "shirt"])
    assert class_remarks(report) == [
        "Weakest class: shirt. Of its 2,000 images the network misses 1, and of the 1,999 that it calls so 0 are of "
        "other classes."
    ]


def test_classes_of_which_nothing_was_seen_are_not_in_the_means_as_in_scikit_learn():
    report, answers = evaluated([[6, 0, 2, 0], [4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], ["a", "never", "unseen", "x"])
    for name, theirs in zip(
        ("precision", "recall", "f1"),
        precision_recall_fscore_support(answers.labels, answers.predicted, average="macro", zero_division=0),
        strict=False,
    ):
        assert getattr(report, name) == pytest.approx(theirs)


def test_classes_never_predicted_and_classes_without_images_are_named():
    report, _ = evaluated([[6, 0, 2], [4, 0, 0], [0, 0, 0]], ["fine", "never", "unseen"])
    assert class_remarks(report) == [
        "Never predicted, so without a precision: never.",
        "No test image, so no figures: unseen.",
    ]


def test_of_many_such_classes_five_are_named_and_the_others_counted():
    matrix = np.zeros((9, 9), int)
    matrix[0, 0] = 5
    (remark,) = class_remarks(evaluated(matrix, [f"c{i}" for i in range(9)])[0])
    assert remark == "No test image, so no figures: c1, c2, c3, c4, c5 and 3 more."


def test_a_network_without_errors_has_no_weakest_class():
    assert class_remarks(evaluated([[3, 0], [0, 3]], ["a", "b"])[0]) == []


@pytest.mark.parametrize(("label", "missed", "mistaken"), [(0, 10, 20), (1, 30, 10), (2, 0, 10)])
def test_the_errors_of_a_class_are_its_row_and_its_column_without_the_diagonal(label, missed, mistaken):
    report, _ = evaluated([[90, 10, 0], [20, 70, 10], [0, 0, 100]], ["coat", "shirt", "bag"])
    errors = class_errors(report, label)
    assert (errors.missed, errors.mistaken) == (missed, mistaken)
