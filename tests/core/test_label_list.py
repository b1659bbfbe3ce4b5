"""Suspicious labels in words and as a table."""

import io

import numpy as np
import pandas as pd

from cnn_core.evaluation.label_issues import LabelIssues, find_label_issues
from cnn_core.evaluation.label_list import estimate_in_words, issues_csv, issues_table

ISSUES = LabelIssues(
    indices=np.array([7, 3]),
    given=np.array([0, 1]),
    suggested=np.array([1, 0]),
    given_probability=np.array([0.01, 0.2]),
    suggested_probability=np.array([0.99, 0.8]),
    joint=np.array([[48.5, 1.5], [0.7, 49.3]]),
)


def test_the_table_has_a_row_an_image_with_names_and_marks():
    table = issues_table(ISSUES, ("cat", "dog, brown"), {3: "wrong", 50: "keep"})
    assert table.to_dict("records") == [
        {
            "test_image": 7,
            "given_label": "cat",
            "suggested_label": "dog, brown",
            "given_probability": 0.01,
            "suggested_probability": 0.99,
            "mark": "",
        },
        {
            "test_image": 3,
            "given_label": "dog, brown",
            "suggested_label": "cat",
            "given_probability": 0.2,
            "suggested_probability": 0.8,
            "mark": "wrong",
        },
    ]


def test_the_csv_reads_back_as_the_table():
    content = issues_csv(ISSUES, ("cat", "dog, brown"), {3: "wrong"})
    back = pd.read_csv(io.BytesIO(content), keep_default_na=False)
    pd.testing.assert_frame_equal(back, issues_table(ISSUES, ("cat", "dog, brown"), {3: "wrong"}), check_dtype=False)


def test_no_name_becomes_a_formula_in_a_spreadsheet_and_umlauts_stay():
    content = issues_csv(ISSUES, ("@Käuzchen", "+1"), {})
    assert content.startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(io.BytesIO(content))
    assert back["given_label"].tolist() == ["'@Käuzchen", "'+1"]
    assert back["suggested_label"].tolist() == ["'+1", "'@Käuzchen"]


def test_what_is_contradicted_is_counted_and_nothing_is_claimed_of_the_dataset():
    words = estimate_in_words(ISSUES, 100)
    assert f"contradicts {len(ISSUES)} of the 100 labels" in words
    assert "its own mistakes" in words
    assert "wrong" not in words


def test_where_nothing_is_contradicted_that_is_said():
    nothing = find_label_issues(np.array([0, 1]), np.eye(2))
    assert "contradicts none of the 2 labels" in estimate_in_words(nothing, 2)
