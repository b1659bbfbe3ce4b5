"""All runs in a table, from which some can be chosen."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from cnn_core.runs.store import list_runs
from cnn_core.runs.summary import RunSummary, summarise
from pages.parts.boundary import errors_told

_CHOSEN = "chosen-runs"
_SORTED_BY = "runs-sorted-by"
# The best, or the latest, is what one looks for.
_LARGEST_FIRST = ("validation", "test", "started", "epochs")
_REFRESH_SECONDS = 2.0
# What was read is as good as new for the rest of the same tick.
_FRESH_SECONDS = 1.0

_COLUMNS = {
    "validation": st.column_config.NumberColumn(format="%.2f%%", width=90, help="Accuracy on the validation images"),
    "test": st.column_config.NumberColumn(format="%.2f%%", width=80, help="Accuracy on the test images"),
    "of": st.column_config.NumberColumn(help="Epochs as asked, those added later included"),
    "parameters": st.column_config.NumberColumn(format="localized"),
    "seconds": st.column_config.NumberColumn(format="%.0f", help="Of the training, without its pauses"),
    "started": st.column_config.DatetimeColumn(format="D MMM HH:mm"),
    "note": st.column_config.TextColumn(width="medium"),
}


class RunRows:
    """All runs, newest first, as this page shows them: read once a tick, however many look at them."""

    def __init__(self) -> None:
        self.rows = _read()
        self._drawn = _marks(self.rows)
        self._fresh_until = time.monotonic() + _FRESH_SECONDS

    @property
    def is_active(self) -> bool:
        """Whether one trains or waits."""
        return any(row.is_active for row in self.rows)

    def read_on(self) -> list[RunSummary]:
        """The runs of now. The page is drawn anew where one came, went, changed its state, its name or its notes."""
        if time.monotonic() > self._fresh_until:
            self.rows, self._fresh_until = _read(), time.monotonic() + _FRESH_SECONDS
            if _marks(self.rows) != self._drawn:
                st.rerun()
        return self.rows


def keep_up(runs: RunRows) -> None:
    """Draw the page anew when something of its runs changed, whoever did it.

    Args:
        runs: As the page shows them.
    """
    # Draws nothing, so that it may go on while nothing trains. While something does, the table looks for itself.
    if not runs.is_active:
        st.fragment(_look_again, run_every=_REFRESH_SECONDS)(runs)


def _look_again(runs: RunRows) -> None:
    with errors_told():
        runs.read_on()


def _marks(rows: Sequence[RunSummary]) -> list[tuple[str, ...]]:
    return [(row.id, row.state, row.name, row.note) for row in rows]


def _read() -> list[RunSummary]:
    return [summarise(run) for run in list_runs()]


def choose_runs(runs: RunRows) -> list[RunSummary]:
    """Show all runs, up to date while some are active, and let the user choose some of them.

    Args:
        runs: At least one.

    Returns:
        The chosen ones, in the order of the table.
    """
    st.subheader("All runs", anchor=False)
    st.fragment(_table, run_every=_REFRESH_SECONDS if runs.is_active else None)(runs)
    chosen = st.session_state.get(_CHOSEN, [])
    return [row for row in runs.rows if row.id in chosen]


def _table(runs: RunRows) -> None:
    with errors_told():
        column = st.session_state.get(_SORTED_BY)
        rows, data = _sorted(runs.read_on(), column)
        ids = [row.id for row in rows]
        chosen = [run_id for run_id in st.session_state.get(_CHOSEN, []) if run_id in ids]
        event = st.dataframe(
            data,
            hide_index=True,
            placeholder="–",
            column_config=_COLUMNS,
            on_select="rerun",
            # A choice is told by the places of its rows, and the browser loses them when it sorts figures that change.
            # Where columns can be chosen it leaves the sorting to us.
            selection_mode=["multi-row", "single-column"],
            selection_default={
                "selection": {"rows": [ids.index(run_id) for run_id in chosen], "columns": [column] if column else []}
            },
            # Other runs, or another order, are another table, in which the same runs are chosen.
            key=f"runs-{zlib.crc32(' '.join([*ids, column or '']).encode())}",
            alt="All runs, newest first; choose some to compare them, or a column to sort by it",
        )
        st.caption("A click on the head of a column sorts by it; another click brings the newest first again.")
        now = [ids[place] for place in event["selection"]["rows"] if place < len(ids)]
        sorted_by = next(iter(event["selection"]["columns"]), None)
        if set(now) != set(chosen) or sorted_by != column:
            st.session_state[_CHOSEN], st.session_state[_SORTED_BY] = now, sorted_by
            st.rerun()


def _sorted(rows: list[RunSummary], column: str | None) -> tuple[list[RunSummary], pd.DataFrame]:
    data = _data(rows)
    if column in data:
        # Stable: runs that are alike stay newest first.
        data = data.sort_values(column, ascending=column not in _LARGEST_FIRST, kind="stable", na_position="last")
    return [rows[place] for place in data.index], data


def _data(rows: Sequence[RunSummary]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [row.title for row in rows],
            "state": [row.state for row in rows],
            "network": [row.network if row.preset else None for row in rows],
            "dataset": [row.dataset for row in rows],
            "epochs": [row.epochs for row in rows],
            "of": [row.total_epochs for row in rows],
            "validation": 100 * pd.Series([row.val_accuracy for row in rows], dtype=float),
            "test": 100 * pd.Series([row.test_accuracy for row in rows], dtype=float),
            "parameters": pd.Series([row.parameters for row in rows], dtype="Int64"),
            "seconds": pd.Series([row.seconds for row in rows], dtype=float),
            "started": [datetime.fromtimestamp(row.created) if row.created else None for row in rows],
            "note": [row.message if row.state == "damaged" else row.note for row in rows],
        }
    )
