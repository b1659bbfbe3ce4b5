"""What a training will do with images: how a network takes them in, what augmentation changes, how they are split."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.sample import sample_classes
from cnn_core.data.understand.preparation import PartCounts, Seen, how_seen, part_counts
from cnn_core.models.presets import find_preset, preset_config, preset_names
from pages.parts import cached
from pages.parts.augmentation_preview import augmentation_preview
from pages.parts.boundary import errors_told
from pages.parts.data.class_bars import Series, class_bars
from pages.parts.data.pixels_view import show_pixels
from pages.parts.draft import current_draft, fill_form
from pages.parts.words import plain

_IMAGES = 5
_NETWORK, _OF_THE_FORM = "prepare-network", ""


def prepare(card: DatasetCard) -> None:
    """Show it for a network that is chosen, and lead to the Train page."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        config = _choose_settings(card)
    with right.container(horizontal=True, horizontal_alignment="right"):
        _offer_training(config, card)
    seen = how_seen(config, (card.height, card.width, card.channels))
    st.subheader("From pixels to numbers", anchor=False)
    st.markdown(_in_words(card, seen))
    show_pixels(sample_classes(cached.dataset(card.name), _IMAGES), seen)
    st.subheader("Who sees which images", anchor=False)
    with errors_told():
        _show_split(card, config)
    # Last: it takes seconds at first, and nothing shall wait for it.
    st.subheader("Augmentation", anchor=False)
    augmentation_preview(card, config.augmentation, config.seed)


def _choose_settings(card: DatasetCard) -> RunConfig:
    """Settings on this dataset: those of the Train page's form, if they are of it, or a network's own."""
    draft = current_draft()
    is_of_form = draft.settings["dataset"] == card.name and draft.is_changed
    options = [*([_OF_THE_FORM] if is_of_form else []), *preset_names()]
    chosen: str = st.selectbox(
        "Settings",
        options,
        format_func=lambda name: find_preset(name).title if name else "As set up on the Train page",
        key=f"{_NETWORK}-{is_of_form}",
        help="Each network comes with settings that suit it. All of them can be changed on the Train page.",
    )
    return draft.possible()[0] if chosen == _OF_THE_FORM else preset_config(chosen, card)


def _offer_training(config: RunConfig, card: DatasetCard) -> None:
    if st.button("Train with this", icon=":material/play_circle:", type="primary", key="prepare-train"):
        # What is in the form already stays as it is.
        if config != current_draft().possible()[0]:
            fill_form(config, f"These are the settings that you looked at on the Data page, for {plain(card.title)}.")
        st.switch_page("train.py", query_params={"view": "setup"})


def _in_words(card: DatasetCard, seen: Seen) -> str:
    values = card.height * card.width * card.channels
    kind = "one brightness a pixel" if card.channels == 1 else "red, green and blue of each pixel"
    words = [
        f"An image is {card.height}×{card.width} pixels, {kind}: {values:,} whole numbers from 0 to 255. The network's "
        f"first layer turns them into numbers from {seen.least:g} to {seen.most:g}, about the size in which weights "
        "learn well."
    ]
    if seen.is_coloured:
        words.append("It expects colour, so the grey value is taken three times.")
    if seen.is_resized:
        change = "enlarges" if seen.height >= card.height else "shrinks"
        words.append(
            f"Then it {change} them to {seen.height}×{seen.width}, because its blocks would leave nothing of smaller "
            "ones. Nothing is gained in detail."
            if change == "enlarges"
            else f"Then it {change} them to {seen.height}×{seen.width}."
        )
    return " ".join(words)


def _show_split(card: DatasetCard, config: RunConfig) -> None:
    dataset = cached.dataset(card.name)
    counts = _counts(card.name, card.checksum, config.model_dump_json(), _config=config)
    watched, training = int(counts.validation.sum()), config.training
    words = f"The network **learns from {counts.train.sum():,}** images"
    if watched:
        share = f"{training.validation_share:.0%}"
        how = f"{share} of each class" if dataset.train_groups is None else f"about {share}, in whole groups"
        words += (
            f", is **watched on {watched:,}** that it does not learn from (validation: {how}, drawn with seed "
            f"{config.seed})"
        )
    words += f", and is **tested on {counts.test.sum():,}**, "
    words += "once, when all is done." if watched else "after every epoch, as the classic tutorials do."
    st.markdown(words)
    series = [Series("Learned from", counts.train, 0), Series("Tested on", counts.test, 1)]
    if watched:
        series.insert(1, Series("Watched", counts.validation, 2))
    class_bars(card.class_names, range(len(card.class_names)), series)


@st.cache_resource(max_entries=16, show_spinner="Dealing the images out…")
def _counts(name: str, checksum: str, settings: str, _config: RunConfig) -> PartCounts:  # noqa: ARG001 - the cache's key
    return part_counts(cached.dataset(name), _config)
