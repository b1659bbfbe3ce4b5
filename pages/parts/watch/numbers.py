"""The figures of the moment, each with its way there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from cnn_core.figures.curves import thinned
from cnn_core.runs.progress import Best, Progress
from cnn_core.runs.record import RunRecord, RunStatus
from pages.parts.words import number, percent

# A sparkline is a hundred pixels wide. That of the epochs grows with the run and travels at every tick: with so few
# points a late tick is as small as an early one, whose curves grow faster.
_MOST_STEPS = 24
_MOST_EPOCHS = 8


def numbers(
    record: RunRecord,
    status: RunStatus,
    progress: Progress,
    best: Best | None,
    steps: pd.DataFrame,
    history: pd.DataFrame,
) -> None:
    """Show loss and accuracy of the training and of the watched images, and the best epoch so far."""
    watched = watched_name(record).capitalize()
    with st.container(key="watch-numbers"):
        learned = steps if len(steps) else history
        _metric("Training loss", number(progress.loss), learned["loss"], _MOST_STEPS)
        _metric("Training accuracy", percent(progress.accuracy), learned["accuracy"], _MOST_STEPS)
        _metric(f"{watched} loss", number(progress.val_loss), history["val_loss"], _MOST_EPOCHS)
        _metric(f"{watched} accuracy", percent(progress.val_accuracy), history["val_accuracy"], _MOST_EPOCHS)
        _best(record, status, best)


def watched_name(record: RunRecord) -> str:
    """What the images watched every epoch are."""
    return "test" if record.training.protocol == "tutorial" else "validation"


def _metric(label: str, value: str, way: pd.Series, most: int) -> None:
    way = way[np.isfinite(way)]
    chart = way.iloc[thinned(len(way), most)].tolist() if len(way) > 1 else None
    st.metric(label, value, border=True, height="stretch", chart_data=chart)


def _best(record: RunRecord, status: RunStatus, best: Best | None) -> None:
    name = "accuracy" if record.training.monitor == "val_accuracy" else "loss"
    kept = "Its weights are kept." if record.training.keeps_best else "The last weights are kept, not these."
    st.metric(
        "Best so far" if status.is_active else "Best epoch",
        "–" if best is None else f"epoch {best.epoch}",
        help=f"By the {watched_name(record)} {name}. {kept}",
        delta=None if best is None else f"{name} {percent(best.value) if name == 'accuracy' else number(best.value)}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
