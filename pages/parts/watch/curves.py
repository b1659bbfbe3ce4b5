"""The charts: loss, accuracy, learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cnn_core.figures.changes import FigureChanges
from cnn_core.figures.curves import Measure, curve_figure, rate_figure
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.progress import Best
from cnn_core.runs.record import RunRecord
from pages.parts.live_chart import live_chart
from pages.parts.watch.numbers import watched_name

_MEASURES: tuple[Measure, ...] = ("loss", "accuracy")


def curves(
    run: Run,
    record: RunRecord,
    best: Best | None,
    steps: pd.DataFrame,
    history: pd.DataFrame,
    events: Sequence[Event],
    charts: Mapping[str, FigureChanges],
) -> None:
    """Show them; ``charts`` is what the browser has of each."""
    watched = watched_name(record)
    for place, measure in zip(st.columns(2), _MEASURES, strict=True):
        with place:
            figure = curve_figure(
                measure, steps, history, watched=watched, best_epoch=best.epoch if best else None, events=events
            )
            live_chart(
                figure,
                key=f"{run.id}-{measure}",
                alt=f"Curves of the {measure}: training by step and by epoch, {watched} by epoch",
                changes=charts[measure],
            )
    live_chart(
        rate_figure(steps, history, events=events),
        key=f"{run.id}-rate",
        alt="Curve of the learning rate by step",
        changes=charts["learning rate"],
    )
