"""The learning rate over the run: the schedule, its own settings, and its drawing."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from cnn_core.config import ScheduleName, TrainingConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import image_counts
from cnn_core.figures.schedule import schedule_figure
from pages.parts.draft import Draft
from pages.parts.form import fields
from pages.parts.live_chart import live_chart

_SCHEDULES = fields.options_of(
    get_args(ScheduleName),
    {
        "constant": "Constant",
        "step": "Step",
        "exponential": "Exponential",
        "cosine": "Cosine",
        "one-cycle": "One-cycle",
        "plateau": "On plateau",
    },
)
_WORDS = {
    "constant": "The same rate all along: simple, and the last epochs wobble.",
    "step": "Multiplied by the factor every few epochs: the classic.",
    "exponential": "Falls by the same share every step.",
    "cosine": "Falls slowly at first and at the end, along half a cosine.",
    "one-cycle": "Rises to the rate, then falls far below it: good results in few epochs.",
    "plateau": "Multiplied by the factor when the validation loss has not improved for some epochs. When, nobody knows "
    "before the run: the drawing shows the rate until then.",
}


def schedule_group(draft: Draft) -> None:
    """Show the schedule, its settings and the rate that it plans."""
    name = draft.settings["training"]["schedule"]
    with st.container(border=True, gap="small"):
        fields.choice(
            st,
            "Learning rate over the run",
            "training",
            "schedule",
            _SCHEDULES,
            is_segmented=True,
            help="Large steps find the region, small ones the best spot in it. The rate that you set is the largest.",
        )
        st.caption(_WORDS[name])
        settings, drawing = st.columns([1, 2], gap="medium")
        with settings:
            _settings(name)
        with drawing:
            _drawing(draft, name)


def _drawing(draft: Draft, name: str) -> None:
    config, mended = draft.possible()
    counts = image_counts(dataset_card(config.dataset), config.training)
    live_chart(
        schedule_figure(config.training, counts.steps, config.transfer),
        key="schedule",
        alt=f"Learning rate by epoch: {_WORDS[name]}",
    )
    if mended & {"training", "transfer"}:
        st.caption("What is out of range is drawn as it was before.")


def _settings(name: str) -> None:
    if name in ("step", "plateau"):
        fields.number(
            st,
            "Factor",
            TrainingConfig,
            "training",
            "decay_factor",
            step=0.1,
            format="%.3g",
            help="What the rate is multiplied by",
        )
        fields.number(
            st,
            "Every so many epochs" if name == "step" else "After epochs without improvement",
            TrainingConfig,
            "training",
            "decay_epochs",
        )
    if name in ("exponential", "cosine", "one-cycle"):
        fields.number(
            st,
            "Ends at, % of the rate",
            TrainingConfig,
            "training",
            "final_share",
            factor=100,
            format="%.4g",
            help="Where the rate ends",
        )
    if name == "one-cycle":
        fields.number(
            st,
            "Warm-up, % of the steps",
            TrainingConfig,
            "training",
            "warm_up_share",
            factor=100,
            step=5,
            format="%.4g",
            help="Steps during which the rate rises. Longer helps where the loss jumps at the start",
        )
