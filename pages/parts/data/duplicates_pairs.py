"""Pairs of images that show the same picture, side by side, a page at a time. The filter is in the address."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.dataset import Dataset
from cnn_core.data.duplicates.pairs import Pairs, Where
from cnn_core.data.understand.originals import Part
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.data.original_pictures import originals
from pages.parts.gallery import thumbnail
from pages.parts.pager import one_page

_PARAMETER = "kind"
_PAGE_SIZE = 24
_ALL = "all"
_SORTS: dict[str, tuple[str, Where | None]] = {
    _ALL: ("All", None),
    "leaks": ("Training and test", "leaks"),
    "contradictory": ("Of two classes", "contradictory"),
    "training": ("Within training", "within training"),
    "test": ("Within test", "within test"),
}
_KINDS = {"exact": "Equal", "near": "Near"}
# What is not equal is not called 100% alike.
_NEARLY = 0.9994

_CSS = """
<style>
.cnn-lab-pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .75rem; }
.cnn-lab-pair { border: 1px solid rgba(128, 128, 148, .35); border-radius: .5rem; padding: .5rem;
  background: rgba(128, 128, 148, .08); }
.cnn-lab-pair > div { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
.cnn-lab-pair figure { margin: 0; min-width: 0; }
.cnn-lab-pair img { width: 100%; display: block; border-radius: .25rem; image-rendering: pixelated; }
.cnn-lab-pair figcaption { font-size: .8rem; line-height: 1.35; margin-top: .3rem; overflow-wrap: anywhere; }
.cnn-lab-pair .muted { opacity: .8; }
.cnn-lab-pair p { font-size: .8rem; margin: 0 0 .35rem; }
</style>
"""


def show_pairs(card: DatasetCard, pairs: Pairs) -> None:
    """Show the pairs of the sort that is chosen."""
    kind, sort = _asked()
    st.session_state["duplicates-sort"], st.session_state["duplicates-kind"] = sort, kind
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Which pairs",
            [name for name, (_, where) in _SORTS.items() if name == sort or len(pairs.select(where))],
            format_func=lambda name: f"{_SORTS[name][0]} · {len(pairs.select(_SORTS[name][1], kind)):,}",
            key="duplicates-sort",
            required=True,
            on_change=_write,
        )
        st.segmented_control(
            "How alike", list(_KINDS), format_func=_KINDS.__getitem__, key="duplicates-kind", on_change=_write
        )
    chosen = pairs.select(_SORTS[sort][1], kind)
    if not len(chosen):
        st.info("There is no such pair.", icon=":material/check:")
        return
    dataset = cached.dataset(card.name)
    shown = one_page(chosen, size=_PAGE_SIZE, what="pairs", key="duplicates")
    tiles = "".join(_pair(card, dataset, pairs, int(number)) for number in shown)
    st.html(f'{_CSS}<div class="cnn-lab-pairs">{tiles}</div>')


def _asked() -> tuple[str | None, str]:
    """Which kind and which sort of pairs the address asks for: ``near``, ``leaks`` or ``near-leaks``."""
    options = (*_SORTS, *_KINDS, *(f"{kind}-{sort}" for kind in _KINDS for sort in _SORTS if sort != _ALL))
    asked: str = one_of(_PARAMETER, options, default=_ALL)
    for kind in _KINDS:
        if asked == kind:
            return kind, _ALL
        if asked.startswith(f"{kind}-"):
            return kind, asked.removeprefix(f"{kind}-")
    return None, asked


def _write() -> None:
    kind, sort = st.session_state["duplicates-kind"], st.session_state["duplicates-sort"]
    asked = "-".join(word for word in (kind, None if sort == _ALL else sort) if word)
    change({_PARAMETER: asked or None, "page": None})


def _pair(card: DatasetCard, dataset: Dataset, pairs: Pairs, number: int) -> str:
    first, second = int(pairs.first[number]), int(pairs.second[number])
    words = "equal" if pairs.is_exact[number] else f"{min(pairs.similarity[number], _NEARLY):.1%} alike"
    if pairs.is_contradictory[number]:
        words += " · <strong>two classes</strong>"
    figures = "".join(_figure(card, dataset, pairs, index) for index in (first, second))
    return f'<div class="cnn-lab-pair"><p>{words}</p><div>{figures}</div></div>'


def _figure(card: DatasetCard, dataset: Dataset, pairs: Pairs, index: int) -> str:
    part: Part = "train" if index < pairs.train_count else "test"
    place = index if part == "train" else index - pairs.train_count
    images = dataset.train_images if part == "train" else dataset.test_images
    name = html.escape(card.class_names[pairs.labels[index]])
    where = f"{'training' if part == 'train' else 'test'} image {place:,}"
    known = originals(card, part)
    file = "" if known is None else f'<div class="muted">{html.escape(known.files[place])}</div>'
    return (
        f'<figure><img src="{thumbnail(images[place])}" alt="{where}: {name}"><figcaption><strong>{name}</strong>'
        f'<div class="muted">{where}</div>{file}</figcaption></figure>'
    )
