"""What the classes look like: the mean image of each, and where its images differ."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.moments import ClassMoments, class_moments
from pages.parts import cached
from pages.parts.gallery import thumbnail
from pages.parts.pager import one_page

_PAGE_SIZE = 24
_HINT = "Left the mean of its training images, right their spread: bright where they differ."

_CSS = """
<style>
.cnn-lab-means { display: grid; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); gap: .75rem; }
.cnn-lab-means figure { margin: 0; padding: .5rem; border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35);
  background: rgba(128, 128, 148, .08); }
.cnn-lab-means .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; }
.cnn-lab-means img { width: 100%; display: block; border-radius: .25rem; image-rendering: pixelated; }
.cnn-lab-means .smooth img { image-rendering: auto; }
.cnn-lab-means figcaption { font-size: .85rem; font-weight: 600; line-height: 1.35; margin-top: .4rem;
  overflow-wrap: anywhere; }
@media (max-width: 40rem) { .cnn-lab-means { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); } }
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
    figures = "".join(_figure(card.class_names[label], one) for label, one in zip(shown, moments, strict=True))
    is_smooth = max(card.height, card.width) >= 64
    st.html(f'{_CSS}<div class="cnn-lab-means{" smooth" if is_smooth else ""}">{figures}</div>')


@st.cache_resource(max_entries=32, show_spinner="Averaging the images…")
def _moments(name: str, checksum: str, labels: tuple[int, ...]) -> list[ClassMoments]:  # noqa: ARG001 - the cache's key
    dataset = cached.dataset(name)
    return class_moments(dataset.train_images, dataset.train_labels, labels)


def _figure(name: str, moments: ClassMoments) -> str:
    name = html.escape(name)
    pair = "".join(
        f'<img src="{thumbnail(image)}" alt="{name}: {what}" title="{what} of {moments.count:,} training images">'
        for what, image in (("mean", moments.mean), ("spread", moments.spread))
    )
    return f'<figure><div class="pair">{pair}</div><figcaption>{name}</figcaption></figure>'
