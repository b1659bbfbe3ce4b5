"""What came in, answered: one picture in full, many in a table whose rows open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnn_core.errors import PictureError
from cnn_core.runs.directory import Run
from pages.parts import cached
from pages.parts.classify.answer_view import show_answer
from pages.parts.classify.arrival import Arrival, decoded
from pages.parts.classify.batch import answer_more, known_rows
from pages.parts.classify.table import answers_table
from pages.parts.words import plain


def show_arrivals(arrivals: Sequence[Arrival], run: Run) -> None:
    """Show the answer for one picture, or those for many.

    Raises:
        RunError: The network cannot be loaded.
    """
    if len(arrivals) == 1:
        _show_one(arrivals[0], run)
    elif arrivals:
        _show_many(arrivals, run)


def _show_one(arrival: Arrival, run: Run) -> None:
    try:
        picture = decoded(arrival)
    except PictureError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        return
    show_answer(picture, run)


def _show_many(arrivals: Sequence[Arrival], run: Run) -> None:
    progress = st.empty()
    rows = known_rows(arrivals, run)
    count = sum(row is not None for row in rows)
    if count:
        chosen = answers_table(arrivals, rows)
        if chosen is None:
            st.caption("Choose a row: how its picture became the network's input, and why it answered so, comes here.")
        else:
            st.subheader(plain(chosen.name), anchor=False)
            _show_one(chosen, run)
    if count == len(arrivals):
        return

    def show_progress(done: int) -> None:
        progress.progress(done / len(arrivals), f"Classifying: {done:,} of {len(arrivals):,} pictures")

    # All else is drawn: the page answers clicks meanwhile, which end this slice at its next sign of progress.
    show_progress(count)
    if not count:
        with progress, st.spinner("Loading the network…"):
            cached.classifier(run)
    answer_more(arrivals, run, show_progress)
    st.rerun()
