"""The tab "Augmentation": what happens to a training image each time it is seen, and how that looks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnn_core.config import AugmentationConfig
from cnn_core.data.augmentable import PICTURE_SHARES
from cnn_core.data.catalogue import DatasetCard, dataset_card
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
    ("photos", "As photos", 0.05, "percent", "Share of the images that are shown as if cut out of a photo: turned, "
     "spread out, flat or crumpled, lit from one side, with ragged edges and some background left over."),
    ("drawings", "As drawings", 0.05, "percent", "Share of the images that are shown as drawings: outlines in strokes "
     "of some width, empty or filled."),
    ("sketches", "As sketches", 0.05, "percent", "Share of the images in whose place a sketch of the same class is "
     "shown, made up as people draw: legs apart, a jacket open, a sandal from above."),
    ("mixup", "Mixup, alpha", 0.1, None, "Two images laid over each other, with both labels. 0 is off, 0.2 mixes most "
     "pairs a little, 1 evenly."),
    ("cutmix", "CutMix, alpha", 0.1, None, "A patch of another image, and as much of its label. 0 is off, 1 is usual."),
)  # fmt: skip
# What one choice sets together.
_PICTURES = ("photos", "drawings", "sketches")


def augmentation_tab(draft: Draft, problems: list[Problem]) -> None:  # noqa: ARG001 - as every tab
    """Show the strengths, and what they do to images of the dataset."""
    card = dataset_card(draft.settings["dataset"])
    st.caption(
        "Every time a training image is seen it is changed a little, so that the network learns what does not matter. "
        "Validation and test images stay as they are."
    )
    _pictures_choice(draft, card)
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
            # Only objects on black can be shown as something else; a share that is set can be taken back.
            is_possible = name not in _PICTURES or card.frame.background == "dark"
            if is_possible or draft.settings["augmentation"][name]:
                _slider(st, name, label, step, format, help)
    with right:
        config, _ = draft.possible()
        augmentation_preview(card, config.augmentation, config.seed)


def _pictures_choice(draft: Draft, card: DatasetCard) -> None:
    """One choice that sets the shares of photos and sketches, where the dataset shows what people take pictures of."""
    is_on = any(draft.settings["augmentation"][name] for name in _PICTURES)
    if not card.shows_objects:
        if is_on:
            st.warning(
                f"{card.title} shows no things that fill an outline: as photos or drawings its images lose what tells "
                "the classes apart.",
                icon=":material/warning:",
            )
        return
    key = fields.widget_key("augmentation", "pictures")
    # It follows the sliders.
    st.session_state[key] = is_on
    st.toggle("Prepare for people's photos and drawings", key=key, on_change=_set_pictures, args=(key,))
    st.caption(
        f"Shows {PICTURE_SHARES['photos']:.0%} of the images as if cut out of a photo, and sketches in the place of "
        f"{PICTURE_SHARES['sketches']:.0%}: on Classify, more of both come out right, and up to one in a "
        "hundred of the dataset's own test images is lost. A finished run learns them and loses nothing: *Teach it "
        "people's pictures*, on Watch."
    )


def _set_pictures(key: str) -> None:
    if (is_on := st.session_state.get(key)) is None:
        return
    for name in _PICTURES:
        fields.set_also("augmentation", name, PICTURE_SHARES.get(name, 0.0) if is_on else 0.0)


def _slider(place: Any, name: str, label: str, step: float, format: str | None, help: str) -> None:
    fields.slider(place, label, AugmentationConfig, "augmentation", name, step=step, format=format, help=help)
