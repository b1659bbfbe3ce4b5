"""The epochs as a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.progress import Best

_COLUMNS = {
    "best": st.column_config.TextColumn("", width=40, help="★: the best epoch so far"),
    "epoch": st.column_config.NumberColumn("epoch", format="%d"),
    "loss": st.column_config.NumberColumn("loss", format="%.4f"),
    "accuracy": st.column_config.NumberColumn("accuracy", format="%.2f%%"),
    "val_loss": st.column_config.NumberColumn("val_loss", format="%.4f"),
    "val_accuracy": st.column_config.NumberColumn("val_accuracy", format="%.2f%%"),
    "learning_rate": st.column_config.NumberColumn("learning rate", format="%.3g"),
    "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
}


def epoch_table(run: Run, history: pd.DataFrame, best: Best | None) -> None:
    """Offer the table, the newest epoch first; it costs only while it is open."""
    expander = st.expander("Epochs as a table", icon=":material/table_rows:", on_change="rerun", key=f"epochs-{run.id}")
    if not expander.open:
        return
    is_best = history["epoch"] == (best.epoch if best else 0)
    per_cent = {name: 100 * history[name] for name in ("accuracy", "val_accuracy")}
    shown = history.assign(best=is_best.map({True: "★", False: ""}), **per_cent).iloc[::-1][list(_COLUMNS)]
    styled = shown.style.apply(
        lambda row: ["font-weight: bold; background-color: rgba(242, 193, 78, .25)" if row["best"] else ""] * len(row),
        axis=1,
    )
    with expander:
        st.dataframe(styled, hide_index=True, column_config=_COLUMNS)
        st.download_button(
            "Download as CSV",
            history.to_csv(index=False),
            file_name=f"{run.id}-history.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"epochs-csv-{run.id}",
        )
