"""Pictures and what would become of them, side by side."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.data.own.preview import Previewed, preview
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.survey import Survey
from pages.parts.classify.film_strip import crisp, shown

_SHOWN = 8
# What an original fills, in points.
_WIDE, _TALL = 104, 96

_CSS = """
<style>
ul.cnn-lab-becomes { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fill, minmax(236px, 1fr)); }
ul.cnn-lab-becomes li { margin: 0; padding: .5rem; min-width: 0; border-radius: .5rem;
  border: 1px solid rgba(128, 128, 148, .35); background: rgba(128, 128, 148, .08); }
ul.cnn-lab-becomes .pair { display: grid; grid-template-columns: minmax(0, 104px) auto 96px; gap: .4rem;
  align-items: center; justify-content: space-around; }
ul.cnn-lab-becomes .shot { position: relative; justify-self: center; display: flex; overflow: hidden;
  border-radius: .2rem; max-width: 100%; }
ul.cnn-lab-becomes .shot img { display: block; max-width: 100%; }
ul.cnn-lab-becomes .shot img.crisp { image-rendering: pixelated; }
ul.cnn-lab-becomes .used { position: absolute; box-shadow: 0 0 0 999px rgba(20, 20, 30, .6); outline: 1px solid #fff; }
ul.cnn-lab-becomes img.result { display: block; width: 96px; height: auto; max-height: 96px; object-fit: contain;
  image-rendering: pixelated; border-radius: .2rem; }
ul.cnn-lab-becomes .arrow { opacity: .7; }
ul.cnn-lab-becomes .words { font-size: .8rem; line-height: 1.35; margin-top: .4rem; overflow-wrap: anywhere; }
ul.cnn-lab-becomes .muted { opacity: .8; }
</style>
"""


def show_preview(found: Survey, settings: OwnSettings) -> None:
    """Show some pictures of a source and what they would become."""
    st.markdown("##### What becomes of them")
    previews = preview(found, settings, _SHOWN)
    if not previews:
        st.info(
            "None of the pictures looked at is of a class that is brought in.", icon=":material/image_not_supported:"
        )
        return
    items = "".join(map(_item, previews))
    st.html(f'{_CSS}<ul class="cnn-lab-becomes">{items}</ul>')


def _item(one: Previewed) -> str:
    label, name = html.escape(one.label), html.escape(one.name)
    width, height = one.size
    rows, columns = one.image.shape[:2]
    scale = min(_WIDE / width, _TALL / height)
    return (
        f'<li><div class="pair"><span class="shot"><img class="{crisp(one.original)}" src="{shown(one.original)}" '
        f'style="aspect-ratio:{width}/{height};width:{scale * width:.0f}px" '
        f'alt="{name}, a picture of {label}">{_used(one)}</span><span class="arrow" aria-hidden="true">→</span>'
        f'<img class="result" src="{shown(one.image.squeeze())}" alt="What becomes of it: {columns} by {rows} pixels">'
        f'</div><div class="words"><strong>{label}</strong>'
        f'<div class="muted">{width:,}×{height:,} → {columns}×{rows}</div></div></li>'
    )


def _used(one: Previewed) -> str:
    """The part that is used, where it is not all; the rest is darkened."""
    height, width = one.original.shape[:2]
    if (one.used.rows, one.used.columns) == (height, width):
        return ""
    place = (
        f"left:{one.used.left / width:.1%};top:{one.used.top / height:.1%};"
        f"width:{one.used.columns / width:.1%};height:{one.used.rows / height:.1%}"
    )
    return f'<span class="used" style="{place}"></span>'
