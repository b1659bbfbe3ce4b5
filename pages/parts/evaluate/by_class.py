"""Every class by itself."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.parts.evaluate.subject import Subject


def by_class(subject: Subject) -> None:
    """Show a table with a row a class."""
    share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        pd.DataFrame([row.model_dump() for row in subject.report.per_class]).rename(columns={"name": "class"}),
        hide_index=True,
        column_config={"precision": share, "recall": share, "f1": share},
    )
