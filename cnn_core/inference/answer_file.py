"""Answers for many pictures as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from cnn_core.csv_cells import as_csv_text
from cnn_core.inference.classifier import AnswerRow

HEAD = ("file", "answer", "confidence", "second guess", "its confidence", "outlier", "outlier score", "error")


def answers_csv(rows: Iterable[AnswerRow]) -> bytes:
    """A table of answers, a row each, in their order.

    Args:
        rows: With two classes each at least, where there is an answer.

    Returns:
        CSV in UTF-8 with a mark that spreadsheets know it by; the columns are ``HEAD``. Where there is an error, all
        between it and the file is empty. Text that begins like a formula has an apostrophe first.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for row in rows:
        writer.writerow([as_csv_text(row["file"]), *_figures(row), as_csv_text(row["error"] or "")])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def outlier_in_words(row: AnswerRow) -> str:
    """Whether an answered picture is probably none of the classes: "yes", "no" or "cannot tell"."""
    if not row.get("judged", True):
        return "cannot tell"
    return "yes" if row["outlier"] else "no"


def _figures(row: AnswerRow) -> list[str]:
    if row["error"] is not None:
        return [""] * 6
    guesses = [[as_csv_text(guess["label"]), f"{guess['probability']:.6g}"] for guess in row["top"][:2]]
    cells = [cell for guess in guesses for cell in guess]
    score = "" if row["outlier_score"] is None else f"{row['outlier_score']:.6g}"
    return [*cells, *[""] * (4 - len(cells)), outlier_in_words(row), score]
