"""The images of a dataset as a wall: a part, a class, a page at a time. Each opens."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.drawn import shuffled
from cnn_core.data.understand.originals import Part
from pages.parts import cached
from pages.parts.data.class_choice import PARTS, choose_class, choose_part
from pages.parts.data.one_image import images_of, open_image, show_open_image
from pages.parts.gallery import Tile
from pages.parts.pager import one_page
from pages.parts.tiles import clickable_gallery

_PAGE_SIZE = 100
_SEED = 0


def images(card: DatasetCard) -> None:
    """Show the wall, and the image that is open."""
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        part = choose_part()
    with right:
        label = choose_class(card)
    chosen = _chosen(card, part, label)
    if not len(chosen):
        st.info("There is no image of this class in this part.", icon=":material/image_not_supported:")
        return
    hint = "Choose one to enlarge it." if label is not None else "Choose one to enlarge it. All classes are mixed."
    what = f"{PARTS[part].lower()} images"
    shown = one_page(chosen, size=_PAGE_SIZE, what=what, key=f"wall-{card.name}-{part}-{label}", hint=hint)
    pixels, labels = images_of(cached.dataset(card.name), part)
    clickable_gallery(
        [
            Tile(
                image=pixels[index],
                title=card.class_names[labels[index]] if label is None else f"{index:,}",
                lines=(),
                id=index,
                alt=f"{card.class_names[labels[index]]}, {PARTS[part].lower()} image {index}",
            )
            for index in shown.tolist()
        ],
        key="wall",
        on_open=open_image,
        label=f"{PARTS[part]} images",
    )
    show_open_image(card, part, chosen)


def _chosen(card: DatasetCard, part: Part, label: int | None) -> np.ndarray:
    """Places in a part: of one class in their order, of all mixed, so that a page shows what there is."""
    _, labels = images_of(cached.dataset(card.name), part)
    return shuffled(len(labels), _SEED) if label is None else np.flatnonzero(labels == label)
