"""Cells of text that no spreadsheet calculates."""

import pytest

from cnn_core.csv_cells import as_csv_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cat", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=", "-"])
def test_what_begins_like_a_formula_gets_an_apostrophe(text):
    assert as_csv_text(text) == "'" + text


@pytest.mark.parametrize("text", ["", "cat", "T-shirt/top", "a=b", "'=1", "5", "Käuzchen"])
def test_other_text_stays_as_it_is(text):
    assert as_csv_text(text) == text
