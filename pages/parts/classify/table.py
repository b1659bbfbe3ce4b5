"""Many pictures in a table: sorted by any column, filtered, taken away as CSV; a row can be chosen."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cnn_core.inference.answer_file import answers_csv, outlier_in_words
from pages.parts.classify.arrival import Arrival
from pages.parts.classify.batch import Row
from pages.parts.classify.own_file import without_own_file

_ROW_HEIGHT = 60
_TALLEST = 10 * _ROW_HEIGHT
_STATES = {
    "all": "All",
    "answered": "Answered",
    "outliers": "Perhaps none of its classes",
    "errors": "Not answered",
}

_COLUMNS: dict[str, Any] = {
    "picture": st.column_config.ImageColumn("picture", width=76),
    "seen": st.column_config.ImageColumn("seen", width=76, help="What the network saw"),
    "file": st.column_config.TextColumn("file", width=150),
    "answer": st.column_config.TextColumn("answer", width=110),
    "confidence": st.column_config.ProgressColumn(
        "confidence", format="%.0f%%", min_value=0, max_value=100, width=110, help="Of the answer, calibrated"
    ),
    "second": st.column_config.TextColumn("second guess", width=130),
    "outlier": st.column_config.TextColumn(
        "outlier?",
        width=100,
        help="Probably none of its classes: unlike nearly all images that the network was checked on. It cannot tell "
        "of photos and drawings where it learned from the dataset's own images alone.",
    ),
    "error": st.column_config.TextColumn("what is wrong"),
}

_CSS = """
<style>
.st-key-answers-shown [role="radiogroup"] { flex-wrap: wrap; }
</style>
"""


def answers_table(arrivals: Sequence[Arrival], rows: Sequence[Row | None]) -> Arrival | None:
    """Show the answers for many pictures, and let a person choose one of them.

    Args:
        arrivals: The pictures.
        rows: What is known of each; ``None``: its turn has not come yet.

    Returns:
        The chosen picture; ``None``: none is.
    """
    known = [row for row in rows if row is not None]
    state, words = _filter(rows, known)
    shown = [index for index, row in enumerate(rows) if _is_shown(arrivals[index], row, state, words)]
    st.html(_CSS + without_own_file("answers-table"))
    if not shown:
        st.info("No picture fits. Show all, or search for something else.", icon=":material/filter_alt_off:")
        return None
    data = pd.DataFrame([_described(arrivals[index], rows[index]) for index in shown], columns=list(_COLUMNS))
    event: Any = st.dataframe(
        data,
        hide_index=True,
        column_order=_columns_with_words(data),
        row_height=_ROW_HEIGHT,
        height=min(_TALLEST, 38 + _ROW_HEIGHT * len(shown)),
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        # What is chosen is a row's number: other pictures, or another filter, make another table.
        key=f"answers-table-{zlib.crc32(repr([arrivals[index].key for index in shown]).encode()):08x}",
        placeholder="",
        alt="The answers, a row for each picture",
    )
    _download([row for index in shown if (row := rows[index]) is not None], is_part=len(shown) < len(rows))
    chosen = event.selection.rows or [row for row, _ in event.selection.cells]
    return arrivals[shown[chosen[0]]] if chosen and chosen[0] < len(shown) else None


def _columns_with_words(data: pd.DataFrame) -> list[str]:
    """Where all went well, nothing is wrong; where nothing did, the sentences have all the room."""
    if data["error"].notna().all():
        return ["picture", "file", "error"]
    return [str(name) for name in data if name != "error" or data[name].notna().any()]


def _filter(rows: Sequence[Row | None], known: Sequence[Row]) -> tuple[str, str]:
    """Which pictures to show: of which state, with which words, in small letters."""
    doubts = Counter(outlier_in_words(row.answer) for row in known if row.answer["error"] is None)
    untold, answered = doubts["cannot tell"], doubts.total()
    can_tell = untold < answered or not answered
    strange = f", {doubts['yes']:,} of them perhaps none of its classes" if can_tell else ""
    of_untold = f" Of {untold:,} it cannot tell whether they show one of its classes." if untold else ""
    # Not on the buttons: while it counts, a click would come with an old figure, which Streamlit does not know.
    st.caption(
        f"{len(rows):,} pictures: {answered:,} answered{strange}; {len(known) - answered:,} not answered.{of_untold}"
    )
    key = "answers-shown"
    # What is chosen stays to choose.
    is_offered = can_tell or st.session_state.get(key) == "outliers"
    states = [state for state in _STATES if state != "outliers" or is_offered]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control(
            "Show", states, format_func=_STATES.__getitem__, default="all", required=True, key=key
        )
        words = st.text_input("Find in files and answers", key="answers-search", width=260)
    return state, words.strip().lower()


def _is_shown(arrival: Arrival, row: Row | None, state: str, words: str) -> bool:
    if row is None:
        return state == "all" and not words
    answer = row.answer
    fits = {
        "all": True,
        "answered": answer["error"] is None,
        "outliers": answer["outlier"],
        "errors": answer["error"] is not None,
    }
    text = " ".join([arrival.name, answer["label"] or "", answer["error"] or ""]).lower()
    return fits[state] and words in text


def _described(arrival: Arrival, row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"file": arrival.name, "answer": "…"}
    answer = row.answer
    if answer["error"] is not None:
        # The column beside it has the name.
        words = answer["error"].removeprefix(f"'{arrival.name}' ")
        return {"file": arrival.name, "picture": row.picture, "error": words}
    second = [f"{guess['label']}, {guess['probability']:.0%}" for guess in answer["top"][1:2]]
    return {
        "file": arrival.name,
        "picture": row.picture,
        "seen": row.seen,
        "answer": answer["label"],
        "confidence": 100 * (answer["confidence"] or 0.0),
        "second": "".join(second),
        "outlier": outlier_in_words(answer),
    }


def _download(rows: Sequence[Row], *, is_part: bool) -> None:
    st.download_button(
        f"CSV of these {len(rows):,}" if is_part else "Answers as CSV",
        partial(answers_csv, [row.answer for row in rows]),
        "answers.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not rows,
        key="answers-csv",
    )
