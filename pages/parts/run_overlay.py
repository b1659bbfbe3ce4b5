"""The curves of the chosen runs over each other, while they train and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.figures.curves import Measure
from cnn_core.figures.overlay import MOST_RUNS, Images, RunCurves, overlay_figure
from cnn_core.runs.store import find_run
from cnn_core.runs.summary import RunSummary
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.live_chart import live_chart

_REFRESH_SECONDS = 2.0


def run_overlay(rows: Sequence[RunSummary]) -> None:
    """Show the curves of some runs, live while one of them trains.

    Args:
        rows: The chosen runs; at least one.
    """
    st.subheader("Curves" if len(rows) == 1 else "Curves over each other", anchor=False)
    with st.container(horizontal=True):
        measure = st.segmented_control(
            "Measure",
            ["accuracy", "loss"],
            default="accuracy",
            required=True,
            key="overlay-measure",
            persist_state="session",
        )
        images = st.pills(
            "Images",
            ["validation", "training"],
            default=["validation"],
            selection_mode="multi",
            key="overlay-images",
            persist_state="session",
            help="Of the validation images a solid line; of the training images a dotted one.",
        )
    # A run that ended before its first epoch has no curve, and none will come.
    drawn = [row for row in rows if row.is_active or row.has_curve]
    if len(drawn) > MOST_RUNS:
        st.caption(
            f":material/info: The first {MOST_RUNS} of {len(drawn)} runs are drawn: more could not be told apart."
        )
    drawn = drawn[:MOST_RUNS]
    is_active = any(row.is_active for row in drawn)
    # Made anew with the page, as what its browser has of the chart.
    st.fragment(_chart, run_every=_REFRESH_SECONDS if is_active else None)(drawn, measure, images, FigureChanges())


def _chart(rows: Sequence[RunSummary], measure: Measure, images: list[Images], changes: FigureChanges) -> None:
    curves = []
    for row, name in zip(rows, _names(rows), strict=True):
        # One by one: the curves of a damaged run must not take those of the others with them.
        with errors_told():
            curves.append(RunCurves(name, cached.follower(find_run(row.id)).history()))
    if not images:
        st.caption("Choose the validation images, the training images, or both.")
    elif all(run.history.empty for run in curves):
        st.caption("There is no finished epoch yet; the curves begin with the first.")
    else:
        live_chart(
            overlay_figure(measure, curves, images=images),
            # Other curves begin with another view of them.
            key=f"overlay-{measure}-{'-'.join(row.id for row in rows)}",
            alt=f"Curves of the {measure} by epoch of {', '.join(run.name for run in curves)}",
            changes=changes,
        )


def _names(rows: Sequence[RunSummary]) -> list[str]:
    """A name for each in the legend, told apart where two runs have the same."""
    counts = Counter(row.title for row in rows)
    return [row.title if counts[row.title] == 1 else f"{row.title} · {row.id[-4:]}" for row in rows]
