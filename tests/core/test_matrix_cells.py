"""The cells of a confusion matrix: what they say, and how strongly they are coloured."""

import time

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from cnn_core.figures.colours import TRAINING, VALIDATION, faded
from cnn_core.figures.matrix_cells import PART_OF_MORE, confusion_cells, shade_colour, shown_classes

MATRIX = np.array([[8, 2, 0], [0, 1000, 0], [0, 0, 0]])
NAMES = ("cat", "dog", "owl")
SCALES = ("counts", "% of true class", "% of predicted class")


def test_the_cells_show_counts():
    assert confusion_cells(MATRIX, NAMES).texts.tolist() == [["8", "2", "0"], ["0", "1,000", "0"], ["0", "0", "0"]]


def test_the_cells_show_shares_of_the_true_class_and_a_dash_where_it_has_no_images():
    texts = confusion_cells(MATRIX, NAMES, scale="% of true class").texts.tolist()
    assert texts == [["80", "20", "0"], ["0", "100", "0"], ["–", "–", "–"]]


def test_the_cells_show_shares_of_the_predicted_class_and_a_dash_where_it_was_never_predicted():
    texts = confusion_cells(MATRIX, NAMES, scale="% of predicted class").texts.tolist()
    assert texts == [["100", "0.2", "–"], ["0", "99.8", "–"], ["0", "0", "–"]]


@pytest.mark.parametrize(("scale", "normalize"), [("% of true class", "true"), ("% of predicted class", "pred")])
def test_the_shares_are_those_of_scikit_learn(scale, normalize):
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 7, 900), rng.integers(0, 7, 900)
    theirs = 100 * confusion_matrix(labels, predicted, normalize=normalize)
    ours = confusion_cells(confusion_matrix(labels, predicted), tuple("abcdefg"), scale=scale).texts.astype(float)
    # One decimal is shown.
    np.testing.assert_allclose(ours, theirs, atol=0.0501)


def test_a_share_that_rounds_to_nothing_is_not_shown_as_nothing():
    texts = confusion_cells(np.array([[9999, 1], [0, 5]]), ("cat", "dog"), scale="% of true class").texts
    assert texts.tolist() == [["100", "<0.1"], ["0", "100"]]


def test_right_answers_are_blue_by_share_and_errors_orange_by_the_root_of_theirs():
    shades = confusion_cells(MATRIX, NAMES).shades
    np.testing.assert_allclose(np.diag(shades), [0.8, 1, 0])
    assert shades[0, 1] == pytest.approx(-np.sqrt(0.2) / 0.6)
    assert shades[1, 0] == 0


def test_a_share_of_errors_beyond_the_strongest_colour_has_that_colour():
    shades = confusion_cells(np.array([[1, 9], [0, 5]]), ("cat", "dog")).shades
    assert shades[0, 1] == -1


def test_counts_and_shares_of_the_true_class_have_the_same_colours():
    counts, shares = (confusion_cells(MATRIX, NAMES, scale=scale).shades for scale in SCALES[:2])
    np.testing.assert_array_equal(counts, shares)


@pytest.mark.parametrize("scale", SCALES)
def test_errors_only_mutes_the_right_answers_and_gives_the_errors_the_whole_range(scale):
    matrix = np.array([[95, 4, 1], [0, 99, 1], [0, 0, 100]])
    cells = confusion_cells(matrix, NAMES, scale=scale, errors_only=True)
    assert np.diag(cells.shades).tolist() == [0, 0, 0]
    assert np.diag(cells.faint).all()
    assert cells.shades.min() == -1
    assert not cells.faint[0, 1]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("errors_only", [False, True])
def test_without_any_error_or_any_image_nothing_is_divided_by_zero(scale, errors_only):
    for matrix in (np.diag([3, 0, 2]), np.zeros((3, 3), np.int64)):
        with np.errstate(all="raise"):
            cells = confusion_cells(matrix, NAMES, scale=scale, errors_only=errors_only)
        assert np.isfinite(cells.shades).all()
        assert "nan" not in " ".join(cells.texts.ravel())


def test_each_cell_says_what_it_is_in_words():
    cells = confusion_cells(MATRIX, NAMES)
    assert cells.title(0, 1) == "true cat, predicted dog: 2 images, 20.0% of cat"
    assert cells.title(2, 2) == "true owl, predicted owl: no image"
    by_column = confusion_cells(MATRIX, NAMES, scale="% of predicted class")
    assert by_column.title(0, 1) == "true cat, predicted dog: 2 images, 0.2% of dog"


def test_a_name_that_looks_like_a_placeholder_is_a_name():
    cells = confusion_cells(np.array([[1, 1], [0, 1]]), ("{column}", "{row}"))
    assert cells.title(0, 1) == "true {column}, predicted {row}: 1 image, 50.0% of {column}"


def test_rows_and_columns_say_how_they_fared():
    cells = confusion_cells(MATRIX, NAMES)
    assert cells.row_notes == (
        "10 images, 80.0% of them recognised",
        "1,000 images, 100.0% of them recognised",
        "no test image",
    )
    assert cells.column_notes == (
        "8 images, 100.0% of them rightly",
        "1,002 images, 99.8% of them rightly",
        "never predicted",
    )


def test_the_colour_of_a_shade_is_css():
    assert shade_colour(1) == faded(TRAINING, 0.7)
    assert shade_colour(-0.5) == faded(VALIDATION, 0.35)


def test_a_hundred_classes_take_a_moment():
    matrix = np.random.default_rng(0).integers(0, 9, (100, 100))
    # Of the processor: the clock on the wall measures who else uses it.
    started = time.process_time()
    confusion_cells(matrix, tuple(map(str, range(100))))
    assert time.process_time() - started < 0.5


def test_of_a_thousand_classes_the_table_has_those_that_are_confused_most():
    matrix = 9 * np.eye(1000, dtype=np.int64)
    for first in range(0, 400, 2):
        matrix[first, 999 - first] = 1 + first
    started = time.process_time()
    cells = confusion_cells(matrix, tuple(map(str, range(1000))))
    assert time.process_time() - started < 0.5
    assert cells.texts.shape == (PART_OF_MORE, PART_OF_MORE)
    assert cells.labels == tuple(sorted({*range(350, 400, 2), *(999 - first for first in range(350, 400, 2))}))
    assert cells.names == tuple(map(str, cells.labels))
    # Shares and notes are those of the whole matrix.
    whole = confusion_cells(matrix, tuple(map(str, range(1000))), labels=range(1000))
    assert cells.row_notes[0] == whole.row_notes[350]
    assert cells.title(0, 49) == whole.title(350, 649)


def test_a_class_that_is_asked_for_joins_with_what_it_is_confused_with():
    matrix = 9 * np.eye(300, dtype=np.int64)
    for first in range(0, 100, 2):
        matrix[first, first + 1] = 5
    matrix[250, 260] = matrix[270, 250] = 1
    plain = shown_classes(matrix)
    assert len(plain) == PART_OF_MORE
    assert set(shown_classes(matrix, [250])) == {*plain, 250, 260, 270}
    assert shown_classes(matrix, [plain[3]]) == plain
    assert shown_classes(np.eye(300, dtype=np.int64), [299]) == (*range(PART_OF_MORE), 299)
    assert shown_classes(matrix[:100, :100]) == tuple(range(100))
