"""Text in CSV files that a person opens in a spreadsheet."""

from __future__ import annotations

# What makes a spreadsheet calculate a cell (https://owasp.org/www-community/attacks/CSV_Injection), and the wide forms
# of the same signs, which some take for them.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv_text(text: str) -> str:
    """A cell of text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe first.

    Meant for names that people chose (classes, files, runs), head lines included; numbers are written as they are.
    """
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
