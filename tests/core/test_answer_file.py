"""Answers as a table to take away: readable by any program, and no cell of it is calculated by a spreadsheet."""

import csv
import io

import pytest

from cnn_core.inference.answer_file import HEAD, answers_csv
from cnn_core.inference.classifier import error_row


def answer(file="a.png", label="Coat", outlier=False):
    guesses = [{"label": label, "probability": 0.75}, {"label": "Shirt", "probability": 0.125}]
    return {**error_row(file, ""), "label": label, "confidence": 0.75, "top": guesses, "error": None} | {
        "outlier": outlier,
        "outlier_score": -3.25,
        "judged": True,
    }


def cells(*rows):
    head, *found = csv.reader(io.StringIO(answers_csv(rows).decode("utf-8-sig"), newline=""))
    assert tuple(head) == HEAD
    return found


def test_an_answer_is_a_row_with_both_guesses_and_the_outlier_score():
    assert cells(answer(outlier=True)) == [["a.png", "Coat", "0.75", "Shirt", "0.125", "yes", "-3.25", ""]]


def test_a_picture_that_cannot_be_judged_is_not_called_one_of_the_classes():
    assert cells({**answer(), "judged": False})[0][5] == "cannot tell"
    older = answer()
    del older["judged"]
    assert cells(older)[0][5] == "no"


def test_a_picture_without_an_answer_has_its_sentence_and_nothing_between():
    assert cells(error_row("b.png", "It is empty.")) == [["b.png", *[""] * 6, "It is empty."]]


def test_names_in_any_script_and_with_commas_and_quotes_come_back():
    names = ["Mäntel, grün.png", 'a "b".png', "衬衫.png"]
    assert [row[0] for row in cells(*(answer(name) for name in names))] == names


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1.png", "-1.png", "@SUM.png", "\t=1.png", "\r=1.png"])
def test_no_cell_of_text_begins_a_formula(name):
    ((file, label, *_),) = cells(answer(name, label=name))
    assert not file.startswith(tuple("=+-@\t\r"))
    assert not label.startswith(tuple("=+-@\t\r"))
    ((file, *_, error),) = cells(error_row(name, name))
    assert not file.startswith(tuple("=+-@\t\r"))
    assert not error.startswith(tuple("=+-@\t\r"))


def test_a_network_of_one_class_has_no_second_guess():
    row = answer()
    row["top"] = row["top"][:1]
    assert cells(row) == [["a.png", "Coat", "0.75", "", "", "no", "-3.25", ""]]
