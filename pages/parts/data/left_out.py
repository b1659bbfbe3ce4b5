"""The files that were not brought in, and why: as a table, and to take away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.csv_cells import as_csv_text
from cnn_core.data.own.listing import MOST_REASONS
from cnn_core.data.understand.originals import left_out_of

# Reasons are sentences.
WIDE = {"file": st.column_config.Column(width="medium"), "why": st.column_config.Column(width="large")}


def left_out_files(name: str, count: int, *, expanded: bool = False) -> None:
    """Show which files a dataset lacks; nothing where it lacks none, or it is not known which.

    Args:
        name: Of the dataset.
        count: How many files were left out.
        expanded: Whether the table is open at first.
    """
    rows = left_out_of(name)
    if not rows:
        return
    words = "1 file was left out" if count == 1 else f"{count:,} files were left out"
    with st.expander(words, icon=":material/broken_image:", expanded=expanded):
        if len(rows) < count:
            st.caption(f"The first {MOST_REASONS:,} are listed.")
        table = pd.DataFrame(rows, columns=["file", "why"])
        st.dataframe(table, hide_index=True, column_config=WIDE, height="content" if len(rows) < 8 else 300)
        st.download_button(
            "Download the list",
            lambda: table.map(as_csv_text).to_csv(index=False).encode("utf-8-sig"),
            file_name=f"{name}-left-out.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="left-out-csv",
        )
