"""The rows of ``steps.jsonl``: progress within the epochs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

# Runs of earlier versions have no learning rate here: it is NaN there.
STEP_COLUMNS = ("epoch", "step", "steps", "loss", "accuracy", "seconds", "learning_rate")
_ALWAYS = STEP_COLUMNS[:-1]


def parse_steps(lines: Iterable[str]) -> list[tuple[float, ...]]:
    """The rows of some lines of ``steps.jsonl``, in the order of :data:`STEP_COLUMNS`; damaged lines are left out."""
    rows = []
    for line in lines:
        try:
            row = json.loads(line)
            values = tuple(float(row[name]) for name in _ALWAYS)
            rate = float(row.get("learning_rate", math.nan))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if all(map(math.isfinite, values)) and row["steps"] >= 1:
            rows.append((*values, rate))
    return rows


def steps_table(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    """Rows of :func:`parse_steps` as a table with the columns of :data:`STEP_COLUMNS`, float64."""
    return pd.DataFrame(np.array(rows, np.float64).reshape(-1, len(STEP_COLUMNS)), columns=list(STEP_COLUMNS))
