"""How pixels become the numbers that a network computes with: a few images, and a patch of one of them as figures."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from cnn_core.data.sample import Sample
from cnn_core.data.understand.preparation import Seen
from pages.parts.gallery import thumbnail

# The side of the patch that is shown as numbers, in pixels.
_PATCH = 6

_CSS = """
<style>
.cnn-lab-seen { display: grid; gap: .5rem .75rem; align-items: center; font-size: .85rem; margin-bottom: 1rem; }
.cnn-lab-seen img { width: 100%; display: block; border-radius: .25rem; image-rendering: pixelated;
  border: 1px solid rgba(128, 128, 148, .35); box-sizing: border-box; }
.cnn-lab-seen.smooth img { image-rendering: auto; }
.cnn-lab-seen .row { max-width: 8.5rem; line-height: 1.3; }
.cnn-lab-seen .row small, .cnn-lab-numbers figcaption { opacity: .8; font-size: .8rem; }
.cnn-lab-seen .name { text-align: center; font-weight: 600; overflow-wrap: anywhere; align-self: end; }
.cnn-lab-numbers { display: flex; flex-wrap: wrap; gap: 1.25rem 2rem; align-items: center; }
.cnn-lab-numbers figure { margin: 0; }
.cnn-lab-numbers table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .75rem; }
.cnn-lab-numbers td { width: 2.6rem; height: 1.7rem; padding: 0; text-align: center;
  border: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-numbers figcaption { margin-top: .35rem; max-width: 16rem; line-height: 1.35; }
.cnn-lab-numbers .arrow { font-size: 1.5rem; opacity: .6; }
</style>
"""


def show_pixels(sample: Sample, seen: Seen) -> None:
    """Show images as they are stored, as the network takes them in, and as numbers.

    Args:
        sample: A few images, each of another class.
        seen: How the network takes them in.
    """
    height, width = sample.images.shape[1:3]
    rows = [_row("As stored", f"{width} × {height}", sample.images)]
    if seen.is_resized:
        resized = [seen.resized(image) for image in sample.images]
        rows.append(_row("As its first block sees it", f"{seen.width} × {seen.height}", resized))
    names = "".join(f'<div class="name">{html.escape(name)}</div>' for name in sample.names)
    smooth = " smooth" if max(height, width) >= 64 else ""
    columns = f"grid-template-columns: max-content repeat({len(sample.names)}, minmax(40px, 112px))"
    st.html(f'{_CSS}<div class="cnn-lab-seen{smooth}" style="{columns}">{"".join(rows)}<div></div>{names}</div>')
    _show_numbers(sample.images[0], sample.names[0], seen)


def _row(words: str, size: str, images: np.ndarray | list[np.ndarray]) -> str:
    pictures = "".join(f'<img src="{thumbnail(image)}" alt="">' for image in images)
    return f'<div class="row">{words}<br><small>{size}</small></div>{pictures}'


def _show_numbers(image: np.ndarray, name: str, seen: Seen) -> None:
    """The liveliest patch of an image, before and after: where nothing changes there is nothing to see."""
    top, left = _liveliest(image[..., 0])
    patch = image[top : top + _PATCH, left : left + _PATCH, 0]
    numbers = seen.numbers(patch)
    channel = "" if image.shape[2] == 1 else ", its red values"
    place = f"A patch of the first image ({html.escape(name)}){channel}: row {top}, column {left} on."
    how = "divided by 255" if seen.least == 0 else "divided by 127.5, less 1"
    st.html(
        '<div class="cnn-lab-numbers">'
        f"<figure>{_table(patch, [f'{value}' for value in patch.ravel()])}<figcaption>{place}</figcaption></figure>"
        '<div class="arrow" aria-hidden="true">→</div>'
        f"<figure>{_table(patch, [f'{value:.2f}' for value in numbers.ravel()])}"
        f"<figcaption>What the network computes with: {how}, so from {seen.least:g} to {seen.most:g}.</figcaption>"
        "</figure></div>"
    )


def _liveliest(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the patch whose values differ most."""
    height, width = (max(1, side - _PATCH + 1) for side in values.shape)
    step = max(1, min(height, width) // 8)
    corners = [(row, column) for row in range(0, height, step) for column in range(0, width, step)]
    return max(corners, key=lambda corner: float(values[corner[0] :, corner[1] :][:_PATCH, :_PATCH].std()))


def _table(patch: np.ndarray, texts: list[str]) -> str:
    cells = [
        f'<td style="background:rgb({value},{value},{value});color:{"#000" if value > 127 else "#fff"}">{text}</td>'
        for value, text in zip(patch.ravel(), texts, strict=True)
    ]
    columns = patch.shape[1]
    rows = ("".join(cells[first : first + columns]) for first in range(0, len(cells), columns))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
