"""How a picture became the network's input: its stages, side by side like the frames of a film."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.fit import resized
from cnn_core.images.prepare import Prepared
from cnn_core.images.uncut import Stage
from pages.parts.gallery import data_uri

# Of the longer side, in pixels: sharp on a screen of two pixels a point.
_SIDE = 400
# An image of fewer pixels shows each of them.
_CRISP_BELOW = 64

_CSS = """
<style>
ol.cnn-lab-strip { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem .9rem;
  grid-template-columns: repeat(auto-fill, minmax(138px, 1fr)); counter-reset: stage; }
ol.cnn-lab-strip li { margin: 0; padding: 0; min-width: 0; counter-increment: stage; }
ol.cnn-lab-strip .screen { height: 138px; display: flex; align-items: center; justify-content: center;
  border-radius: .5rem; background: rgba(128, 128, 148, .14); border: 1px solid rgba(128, 128, 148, .35);
  padding: .4rem; }
ol.cnn-lab-strip .shot { position: relative; display: flex; max-width: 100%; }
ol.cnn-lab-strip img { display: block; max-width: 100%; max-height: 124px; border-radius: .2rem; }
ol.cnn-lab-strip img.crisp { image-rendering: pixelated; height: 124px; }
ol.cnn-lab-strip .box { position: absolute; border: 2px dashed #6F67F0; box-shadow: 0 0 0 999px rgba(20, 20, 30, .45); }
ol.cnn-lab-strip .shot:has(.box) { overflow: hidden; }
ol.cnn-lab-strip .name { font-weight: 600; font-size: .9rem; margin-top: .4rem; }
ol.cnn-lab-strip .name::before { content: counter(stage) " · "; opacity: .7; font-weight: 400; }
ol.cnn-lab-strip .why { font-size: .8rem; line-height: 1.35; opacity: .85; overflow-wrap: anywhere; }
</style>
"""


def film_strip(prepared: Prepared, choices: Choices) -> None:
    """Show the stages of a picture, each with one line of why; a crop by hand is marked in the first."""
    frames = [_frame(stage, choices if number == 0 else None) for number, stage in enumerate(prepared.stages)]
    by_hand = "" if choices == AUTOMATIC else " :violet-badge[:material/tune: adjusted by hand]"
    st.markdown(f"**How your picture became the network's input**{by_hand}")
    st.html(f'{_CSS}<ol class="cnn-lab-strip">{"".join(frames)}</ol>')


def _frame(stage: Stage, choices: Choices | None) -> str:
    name, why = html.escape(stage.name), html.escape(stage.why)
    box = ""
    if choices is not None and choices.crop is not None:
        left, top, right, bottom = choices.crop
        place = f"left:{left:.1%};top:{top:.1%};width:{right - left:.1%};height:{bottom - top:.1%}"
        box = f'<span class="box" style="{place}"></span>'
    image = f'<img class="{crisp(stage.image)}" src="{shown(stage.image)}" alt="{name}: {why}">'
    return (
        f'<li><div class="screen"><span class="shot">{image}{box}</span></div>'
        f'<div class="name">{name}</div><div class="why">{why}</div></li>'
    )


def shown(image: np.ndarray) -> str:
    """An image inside an address, with as many pixels as a stage shows, and exactly its own where they are few.

    Args:
        image: (H, W) or (H, W, 3) uint8.
    """
    height, width = image.shape[:2]
    if (scale := _SIDE / max(height, width)) < 1:
        image = resized(image, max(1, round(height * scale)), max(1, round(width * scale)))
    return data_uri(image, "png" if crisp(image) else "webp")


def crisp(image: np.ndarray) -> str:
    """The class of an image that shows each of its pixels, as small ones do; nothing for others."""
    return " crisp" if max(image.shape[:2]) < _CRISP_BELOW else ""
