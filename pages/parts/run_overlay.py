"""The curves of the chosen runs over each other, while they train and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from cnn_core.figures.overlay import MOST_RUNS, RunCurves, overlay_figure
from cnn_core.runs.store import RunSummary, find_run
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
    if len(rows) > MOST_RUNS:
        st.caption(
            f":material/info: The first {MOST_RUNS} of {len(rows)} chosen runs are drawn: more could not be told apart."
        )
    shown = list(rows[:MOST_RUNS])
    is_active = any(row.is_active for row in shown)
    st.fragment(_chart, run_every=_REFRESH_SECONDS if is_active else None)(shown, measure, images)


def _chart(rows: Sequence[RunSummary], measure: str, images: list[str]) -> None:
    with errors_told():
        curves = [
            RunCurves(name, cached.follower(find_run(row.id)).history())
            for row, name in zip(rows, _names(rows), strict=True)
        ]
        if not images:
            st.caption("Choose the validation images, the training images, or both.")
        elif all(run.history.empty for run in curves):
            st.caption("The curves begin with the first finished epoch.")
        else:
            live_chart(
                overlay_figure(measure, curves, images=images),
                # Other curves begin with another view of them.
                key=f"overlay-{measure}-{'-'.join(row.id for row in rows)}",
                alt=f"Curves of the {measure} by epoch of {', '.join(run.name for run in curves)}",
            )


def _names(rows: Sequence[RunSummary]) -> list[str]:
    """A name for each in the legend, told apart where two runs have the same."""
    counts = Counter(row.title for row in rows)
    return [row.title if counts[row.title] == 1 else f"{row.title} · {row.id[-4:]}" for row in rows]
