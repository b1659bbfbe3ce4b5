"""What the classes look like: the mean image of each, and where its images differ. Each leads to its images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.moments import ClassMoments, class_moments
from pages.parts import cached
from pages.parts.data.views import IMAGES, open_view
from pages.parts.gallery import Tile
from pages.parts.pager import one_page
from pages.parts.tiles import clickable_gallery

_PAGE_SIZE = 24
_KEY = "class-cards"
_HINT = "Left the mean of its training images, right their spread: bright where they differ. Choose one to see them."

# Two images stand beside each other in a tile.
_CSS = f"""
<style>
.st-key-{_KEY} .cnn-lab-tiles {{ grid-template-columns: repeat(auto-fill, minmax(152px, 1fr)); gap: .75rem; }}
.st-key-{_KEY} .cnn-lab-tiles img {{ aspect-ratio: auto; }}
</style>
"""


def class_cards(card: DatasetCard, order: Sequence[int]) -> None:
    """Show mean and spread of each class's training images, a page of classes at a time.

    Args:
        card: The dataset.
        order: The labels, in the order in which they are shown.
    """
    shown = tuple(one_page(order, size=_PAGE_SIZE, what="classes", key=f"means-{card.name}", hint=_HINT))
    moments = _moments(card.name, card.checksum, shown)
    with st.container(key=_KEY):
        st.html(_CSS)
        clickable_gallery(
            [_tile(label, card.class_names[label], one) for label, one in zip(shown, moments, strict=True)],
            key="means",
            on_open=lambda label: open_view(IMAGES, **{"class": card.class_names[label]}),
            label="Classes: mean and spread of their training images",
        )


@st.cache_resource(max_entries=32, show_spinner="Averaging the images…")
def _moments(name: str, checksum: str, labels: tuple[int, ...]) -> list[ClassMoments]:  # noqa: ARG001 - the cache's key
    dataset = cached.dataset(name)
    return class_moments(dataset.train_images, dataset.train_labels, labels)


def _tile(label: int, name: str, moments: ClassMoments) -> Tile:
    alt = f"{name}: mean and spread of {moments.count:,} training images. Opens its images."
    return Tile(image=_beside(moments.mean, moments.spread), title=name, lines=(), id=label, alt=alt)


def _beside(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two images (H, W, C) uint8 as one, (H, 2 W + gap, 4), the gap transparent."""
    height, width, _ = left.shape
    gap = max(1, width // 14)
    joined = np.zeros((height, 2 * width + gap, 4), np.uint8)
    for start, image in ((0, left), (width + gap, right)):
        joined[:, start : start + width, :3] = image
        joined[:, start : start + width, 3] = 255
    return joined
