"""All runs in a table, from which some can be chosen."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from cnn_core.runs.store import RunSummary, list_runs, summarise
from pages.parts.boundary import errors_told

_CHOSEN = "chosen-runs"
_REFRESH_SECONDS = 2.0

_COLUMNS = {
    "validation": st.column_config.NumberColumn(format="%.2f%%", width=90, help="Accuracy on the validation images"),
    "test": st.column_config.NumberColumn(format="%.2f%%", width=80, help="Accuracy on the test images"),
    "of": st.column_config.NumberColumn(help="Epochs as asked, those added later included"),
    "parameters": st.column_config.NumberColumn(format="localized"),
    "seconds": st.column_config.NumberColumn(format="%.0f", help="Of the training, without its pauses"),
    "started": st.column_config.DatetimeColumn(format="D MMM HH:mm"),
    "note": st.column_config.TextColumn(width="medium"),
}


def keep_up(rows: Sequence[RunSummary]) -> None:
    """Draw the page anew when a run came, went, changed its state, its name or its notes, whoever did it.

    Args:
        rows: The runs as the page shows them.
    """
    # Draws nothing, so that it may go on while nothing trains.
    st.fragment(_look_again, run_every=_REFRESH_SECONDS)(_marks(rows))


def _look_again(marks: list[tuple[str, ...]]) -> None:
    with errors_told():
        if _marks([summarise(run) for run in list_runs()]) != marks:
            st.rerun()


def _marks(rows: Sequence[RunSummary]) -> list[tuple[str, ...]]:
    return [(row.id, row.state, row.name, row.note) for row in rows]


def choose_runs(rows: Sequence[RunSummary]) -> list[RunSummary]:
    """Show all runs, up to date while some are active, and let the user choose some of them.

    Args:
        rows: At least one.

    Returns:
        The chosen ones, in the order of the table.
    """
    st.subheader("All runs", anchor=False)
    is_active = any(row.is_active for row in rows)
    ids = [row.id for row in rows]
    st.fragment(_table, run_every=_REFRESH_SECONDS if is_active else None)(ids)
    chosen = st.session_state.get(_CHOSEN, [])
    return [row for row in rows if row.id in chosen]


def _table(ids: list[str]) -> None:
    with errors_told():
        rows = {row.id: row for row in map(summarise, list_runs())}
        # A choice is told by the places of its rows: the table keeps its rows until the page is drawn anew.
        shown = [rows.get(run_id) or RunSummary(run_id, "", "damaged", message="deleted") for run_id in ids]
        chosen = st.session_state.get(_CHOSEN, [])
        event = st.dataframe(
            _data(shown),
            hide_index=True,
            placeholder="–",
            column_config=_COLUMNS,
            on_select="rerun",
            selection_mode="multi-row",
            selection_default={"selection": {"rows": [ids.index(run_id) for run_id in chosen if run_id in ids]}},
            # Other runs are another table, in which the same ones are chosen.
            key=f"runs-{zlib.crc32(' '.join(ids).encode())}",
            alt="All runs, newest first; choose some to compare them",
        )
        now = [ids[place] for place in event["selection"]["rows"]]
        if sorted(now) != sorted(run_id for run_id in chosen if run_id in ids):
            st.session_state[_CHOSEN] = now
            st.rerun()


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
