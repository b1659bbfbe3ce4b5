"""Two runs on the same test images: which one is better, whether that is chance, and where they differ."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.evaluation.comparison import Comparison, compare
from cnn_core.evaluation.comparison_words import NOT_COVERED, points, verdict
from cnn_core.evaluation.disagreements import class_changes
from cnn_core.evaluation.predictions import Predictions
from cnn_core.runs.directory import Run
from pages.parts import cached
from pages.parts.evaluate.cell import NO_CELL, Cell
from pages.parts.evaluate.changed_cells import choose_changed_cell
from pages.parts.evaluate.choose_other import choose_other
from pages.parts.evaluate.disagreements import show_disagreements
from pages.parts.evaluate.subject import Subject
from pages.parts.words import percent, plain

_DIFFERENCE = "B − A"


def two_runs(subject: Subject) -> list[int]:
    """Let the user choose another run, and compare; returns the images that are shown."""
    other = choose_other(subject.run)
    if other is None:
        return []
    a, b = subject.predictions(), cached.predictions(other)
    comparison = compare(a, b)
    st.info(verdict(comparison), icon=":material/balance:")
    _show_figures(comparison)
    _about_the_test(subject, other)
    matrix, images = st.columns(2, gap="medium")
    with matrix:
        st.subheader("What changed from A to B", anchor=False)
        cell = choose_changed_cell(a, b, subject.class_names, pair=(subject.run.id, other.id))
        _classes(a, b, subject.class_names)
    with images:
        st.subheader(f"Images that tell them apart{_of_cell(cell, subject.class_names)}", anchor=False)
        return show_disagreements(a, b, cell, subject)


def _show_figures(comparison: Comparison) -> None:
    count = comparison.count
    with st.container(horizontal=True):
        for name, accuracy, (low, high) in (
            ("Accuracy of A", comparison.accuracy_a, comparison.interval_a),
            ("Accuracy of B", comparison.accuracy_b, comparison.interval_b),
        ):
            _figure(name, percent(accuracy), f"{low:.1%} to {high:.1%}")
        interval = f"{points(comparison.difference_low, count)} to {points(comparison.difference_high, count)}"
        _figure("B − A, in points", points(comparison.difference, count, is_signed=True), interval)
    with st.container(horizontal=True):
        st.metric("Both right", f"{comparison.both_right:,}")
        st.metric("Only A right", f"{comparison.only_a_right:,}")
        st.metric("Only B right", f"{comparison.only_b_right:,}")
        st.metric("Both wrong", f"{comparison.both_wrong:,}")


def _figure(name: str, value: str, interval: str) -> None:
    st.metric(
        name, value, interval, delta_color="off", delta_arrow="off", border=True, help="Below it: its 95% interval."
    )


def _about_the_test(subject: Subject, other: Run) -> None:
    watched = [name for name, report in (("A", subject.report), ("B", other.report())) if report.is_test_set_watched]
    if watched:
        st.caption(
            f":material/visibility: {' and '.join(watched)} watched the test images during the training, which may "
            "flatter the figures."
        )
    with st.expander("How this is tested, and what it does not cover", icon=":material/help:"):
        st.markdown(
            "Only the images that exactly one of the two gets right tell them apart. If both were equally good, each "
            "of these would go to A or to B like the toss of a coin: **McNemar's exact test** counts how often tosses "
            "come out at least as unequal. The interval of the difference is a **bootstrap**: 10,000 test sets drawn "
            f"from this one, with replacement. {NOT_COVERED}"
        )


def _classes(a: Predictions, b: Predictions, class_names: tuple[str, ...]) -> None:
    st.subheader("Recall by class", anchor=False)
    share = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width=100)
    rows = class_changes(a, b, class_names)
    table = pd.DataFrame(
        {
            "class": [row.name for row in rows],
            _DIFFERENCE: [row.difference_points for row in rows],
            "A": [100 * row.recall_a for row in rows],
            "B": [100 * row.recall_b for row in rows],
        }
    )
    st.dataframe(
        # Streamlit's own formats have no true minus.
        table.style.format({_DIFFERENCE: lambda difference: points(difference / 100, 100, is_signed=True)}),
        hide_index=True,
        column_config={
            "class": st.column_config.TextColumn(width=110),
            _DIFFERENCE: st.column_config.NumberColumn(help="In percentage points", width=75),
            "A": share,
            "B": share,
        },
    )


def _of_cell(cell: Cell, class_names: tuple[str, ...]) -> str:
    if cell == NO_CELL:
        return ""
    true, predicted = ("any" if label is None else plain(class_names[label]) for label in cell)
    return f": {true} → {predicted}"
