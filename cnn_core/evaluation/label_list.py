"""Suspicious labels as a person reads them: a sentence, a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from cnn_core.csv_cells import as_csv_text
from cnn_core.evaluation.label_issues import LabelIssues


def estimate_in_words(issues: LabelIssues, image_count: int) -> str:
    """How many labels the network contradicts, and what that is worth; plain text.

    It says nothing of how many labels of the dataset are wrong: a worse network contradicts more of them.
    """
    if not len(issues):
        return f"The network contradicts none of the {image_count:,} labels with confidence."
    return (
        f"The network contradicts {len(issues):,} of the {image_count:,} labels with confidence. Many of these are its "
        "own mistakes, and the more so the worse it is."
    )


def issues_table(issues: LabelIssues, class_names: Sequence[str], marks: Mapping[int, str]) -> pd.DataFrame:
    """A row an image, the most suspicious first; ``mark`` is empty where nobody has looked yet."""
    return pd.DataFrame(
        {
            "test_image": issues.indices,
            "given_label": [class_names[label] for label in issues.given],
            "suggested_label": [class_names[label] for label in issues.suggested],
            "given_probability": issues.given_probability,
            "suggested_probability": issues.suggested_probability,
            "mark": [marks.get(index, "") for index in issues.indices.tolist()],
        }
    )


def issues_csv(issues: LabelIssues, class_names: Sequence[str], marks: Mapping[int, str]) -> bytes:
    """:func:`issues_table` as a CSV file in UTF-8, with the mark that spreadsheets know it by.

    Names that begin like a formula have an apostrophe first.
    """
    table = issues_table(issues, [as_csv_text(name) for name in class_names], marks)
    text: str = table.to_csv(index=False, float_format="%.6f")
    return text.encode("utf-8-sig", errors="replace")
