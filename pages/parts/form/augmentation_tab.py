"""The tab "Augmentation": what happens to a training image each time it is seen, and how that looks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnn_core.config import AugmentationConfig
from cnn_core.data.catalogue import dataset_card
from pages.parts.augmentation_preview import augmentation_preview
from pages.parts.draft import Draft
from pages.parts.form import fields
from pages.parts.form.problems import Problem

_SLIDERS: tuple[tuple[str, str, float, str | None, str], ...] = (
    ("shift_pixels", "Shift, pixels", 1, None, "Largest shift in each direction: the object need not be centred."),
    ("rotate_degrees", "Turn, degrees", 1.0, "%d°", "Largest turn either way: for photos that are not quite straight."),
    ("zoom", "Zoom", 0.05, "percent", "Largest change of size, smaller and larger."),
    ("contrast", "Contrast and brightness", 0.05, "percent", "Largest change of either: for pictures in other light."),
    ("noise", "Noise", 0.01, "percent", "Standard deviation of the added noise, as a share of white."),
    ("erase_probability", "Random erasing", 0.05, "percent", "Share of the images that lose a rectangle: the network "
     "cannot rely on one spot."),
    ("mixup", "Mixup, alpha", 0.1, None, "Two images laid over each other, with both labels. 0 is off, 0.2 mixes most "
     "pairs a little, 1 evenly."),
    ("cutmix", "CutMix, alpha", 0.1, None, "A patch of another image, and as much of its label. 0 is off, 1 is usual."),
)  # fmt: skip


def augmentation_tab(draft: Draft, problems: list[Problem]) -> None:  # noqa: ARG001 - as every tab
    """Show the strengths, and what they do to images of the dataset."""
    card = dataset_card(draft.settings["dataset"])
    st.caption(
        "Every time a training image is seen it is changed a little, so that the network learns what does not matter. "
        "Validation and test images stay as they are."
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        fields.toggle(
            st,
            "Mirror left to right",
            "augmentation",
            "horizontal_flip",
            help="Every second image is mirrored: right for clothes, wrong for digits and letters.",
        )
        if draft.settings["augmentation"]["horizontal_flip"] and not card.is_mirrored_alike:
            st.warning(
                f"In {card.title} a mirrored image means something else, or nothing: mirroring will cost accuracy.",
                icon=":material/warning:",
            )
        for name, label, step, format, help in _SLIDERS:
            _slider(st, name, label, step, format, help)
    with right:
        config, _ = draft.possible()
        augmentation_preview(card, config.augmentation, config.seed)


def _slider(place: Any, name: str, label: str, step: float, format: str | None, help: str) -> None:
    fields.slider(place, label, AugmentationConfig, "augmentation", name, step=step, format=format, help=help)
