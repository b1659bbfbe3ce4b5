"""One image of a dataset, enlarged over the page: what it is called, where it comes from, and its neighbours."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.dataset import Dataset
from cnn_core.data.understand.originals import Part
from pages.parts import cached
from pages.parts.address import change, correct, parsed_whole_number, shortened
from pages.parts.boundary import errors_told
from pages.parts.data.class_choice import PARTS
from pages.parts.data.original_pictures import originals
from pages.parts.data.views import IMAGES, open_view
from pages.parts.gallery import data_uri
from pages.parts.steps import steps
from pages.parts.words import plain

_PARAMETER = "image"
# An image of fewer pixels shows them; a photograph is scaled smoothly.
_CRISP_BELOW = 64

_CSS = """
<style>
.cnn-lab-enlarged { width: 100%; max-width: 420px; max-height: 60vh; object-fit: contain; display: block;
  border-radius: .5rem; border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-enlarged.crisp { image-rendering: pixelated; }
dl.cnn-lab-facts { line-height: 1.35; }
dl.cnn-lab-facts, dl.cnn-lab-facts dt, dl.cnn-lab-facts dd { margin: 0; padding: 0; }
dl.cnn-lab-facts dt { font-size: .8rem; opacity: .8; }
dl.cnn-lab-facts dd { margin-bottom: .7rem; overflow-wrap: anywhere; }
</style>
"""


def images_of(dataset: Dataset, part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C) uint8 and labels (N,) of a part."""
    if part == "train":
        return dataset.train_images, dataset.train_labels
    return dataset.test_images, dataset.test_labels


def open_image(index: int) -> None:
    """Open an image of the part that the view shows at the next run of the page; for callbacks."""
    change({_PARAMETER: str(index)})


def show_open_image(card: DatasetCard, part: Part, among: np.ndarray) -> None:
    """Show the image that the address asks for, if any, over the page.

    Args:
        card: The dataset.
        part: Of it.
        among: The images that the view shows, on all its pages, in their order: "Previous" and "Next" go through them
            where the open one is among them, else through all.
    """
    asked = st.query_params.get(_PARAMETER)
    if asked is None:
        return
    count = card.train_count if part == "train" else card.test_count
    index = parsed_whole_number(asked)
    if index is None or index >= count:
        why = f"there is no {PARTS[part].lower()} image “{shortened(asked)}”: there are {count:,}, counted from 0"
        correct(_PARAMETER, None, why)
    else:
        _dialog(card, part, among if index in among else np.arange(count))


def _close() -> None:
    change({_PARAMETER: None})


@st.dialog("Image", width="medium", on_dismiss=_close, icon=":material/image_search:")
def _dialog(card: DatasetCard, part: Part, among: np.ndarray) -> None:
    with errors_told():
        index = parsed_whole_number(st.query_params.get(_PARAMETER, ""))
        places = np.flatnonzero(among == index)
        if index is None or not len(places):
            st.rerun()
        pixels, labels = images_of(cached.dataset(card.name), part)
        name = card.class_names[labels[index]]
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.header(plain(name), anchor=False, width="stretch")
            steps(int(places[0]), len(among), lambda place: open_image(int(among[place])))
        picture, facts = st.columns([3, 2], gap="medium")
        crisp = " crisp" if max(card.height, card.width) < _CRISP_BELOW else ""
        alt = html.escape(f"{PARTS[part]} image {index}: {name}")
        picture.html(f'{_CSS}<img class="cnn-lab-enlarged{crisp}" src="{data_uri(pixels[index])}" alt="{alt}">')
        with facts:
            st.html(_facts_list(_facts(card, part, index)))
            st.button(
                "All of this class",
                icon=":material/grid_view:",
                on_click=open_view,
                args=(IMAGES,),
                kwargs={"part": None if part == "train" else part, "class": name},
                key="image-class",
            )


def _facts_list(facts: Mapping[str, str]) -> str:
    items = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(words)}</dd>" for name, words in facts.items())
    return f'<dl class="cnn-lab-facts">{items}</dl>'


def _facts(card: DatasetCard, part: Part, index: int) -> dict[str, str]:
    """What is known of an image, by what it is."""
    facts = {
        "Part": PARTS[part],
        "Number, counted from 0": f"{index:,}",
        "Size": f"{card.width} × {card.height}, {'grey' if card.channels == 1 else 'colour'}",
    }
    known = originals(card, part)
    if known is not None:
        facts["File"] = known.files[index]
        if known.sizes is not None:
            width, height = known.sizes[index]
            facts["Original size"] = f"{width:,} × {height:,}"
    return facts
