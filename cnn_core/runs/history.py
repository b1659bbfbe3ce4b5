"""The rows of ``history.csv``: one for each finished epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pandas as pd

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


def history_table(lines: Sequence[str]) -> pd.DataFrame:
    """A row a finished epoch, with the columns of :data:`HISTORY_COLUMNS`; rows without an epoch are left out.

    Args:
        lines: Of the file, the head first; none where there is none yet.

    Raises:
        ValueError: They are no table, or one of other columns.
    """
    if not lines:
        return pd.DataFrame(columns=list(HISTORY_COLUMNS), dtype=float)
    table = pd.read_csv(io.StringIO("\n".join(lines)), on_bad_lines="skip", quoting=csv.QUOTE_NONE)
    if set(HISTORY_COLUMNS) - set(table.columns):
        raise ValueError("its columns are not those of this version")
    numbers: pd.DataFrame = table.apply(pd.to_numeric, errors="coerce").dropna(subset=["epoch"])
    return numbers
