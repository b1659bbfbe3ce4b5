"""The pictures that a dataset of one's own was made of: how large they were, and which were left out."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.own.store import read_card
from cnn_core.data.understand.originals import (
    Originals,
    Part,
    SizeSummary,
    read_originals,
    summarise_sizes,
)
from cnn_core.figures.picture_sizes import picture_sizes_figure
from pages.parts.data.left_out import left_out_files
from pages.parts.live_chart import live_chart


def originals(card: DatasetCard, part: Part) -> Originals | None:
    """What is known of the pictures behind a part, read once; ``None``: nothing."""
    if not card.is_own:
        return None
    return _originals(card.name, card.checksum, part, card.train_count if part == "train" else card.test_count)


@st.cache_resource(max_entries=8, show_spinner=False)
def _originals(name: str, checksum: str, part: Part, count: int) -> Originals | None:  # noqa: ARG001 - the cache's key
    return read_originals(name, part, count)


def original_pictures(card: DatasetCard) -> None:
    """Show the sizes of the originals, and what was left out, where anything is known of either."""
    both = [originals(card, part) for part in ("train", "test")]
    sizes = [one.sizes for one in both if one is not None and one.sizes is not None]
    if sizes:
        st.subheader("The original pictures", anchor=False)
        _sizes(card, np.concatenate(sizes))
    if card.is_own:
        left_out_files(card.name, read_card(card.name).left_out)


def _sizes(card: DatasetCard, sizes: np.ndarray) -> None:
    summary = summarise_sizes(sizes, width=card.width, height=card.height)
    words, chart = st.columns([2, 3], gap="large")
    with words:
        st.markdown("\n\n".join(_in_words(card, summary)))
    with chart:
        figure = picture_sizes_figure(sizes, width=card.width, height=card.height)
        live_chart(figure, key="picture-sizes", alt="Widths and heights of the original pictures")


def _in_words(card: DatasetCard, summary: SizeSummary) -> list[str]:
    median, smallest, largest = (
        f"{width:,} × {height:,}" for width, height in (summary.median, summary.smallest, summary.largest)
    )
    sentences = [
        f"The {summary.count:,} pictures have a median size of **{median}** pixels; the smallest is **{smallest}**, "
        f"the largest **{largest}**.",
        f"{summary.wide:.0%} are wider than high, {summary.high:.0%} higher than wide, {summary.square:.0%} square.",
    ]
    if card.frame.fit == "crop" and summary.square < 1:
        sentences.append("Of those that are not square, the middle was taken.")
    if summary.enlarged:
        sentences.append(
            f"{summary.enlarged:.0%} had to be enlarged to {card.width}×{card.height}: they are blurred, and a network "
            "may take blur for a sign of their class."
        )
    return sentences
