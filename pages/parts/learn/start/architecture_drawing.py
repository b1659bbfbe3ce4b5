"""A network from left to right as HTML, with pictures of its maps; in a narrow window it goes on in the next row."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.figures.map_picture import map_picture
from pages.parts.bars import TABLE_BARS_CSS, table_bar
from pages.parts.gallery import data_uri

_CSS = """
<style>
ol.cnn-lab-network { list-style: none; display: flex; flex-wrap: wrap; margin: 0; padding: 1rem .5rem; gap: .9rem 0;
  border-radius: .75rem; background: rgba(128, 128, 148, .09); justify-content: center; }
ol.cnn-lab-network li { margin: 0; padding: 0 .25rem 0 1.5rem; position: relative; display: flex;
  flex-direction: column; align-items: center; gap: .35rem; text-align: center; }
ol.cnn-lab-network li:first-child { padding-left: .4rem; }
ol.cnn-lab-network li:not(:first-child)::before { content: "→"; position: absolute; left: .1rem; top: 37px;
  font-size: 1.3rem; line-height: 1; opacity: .65; }
ol.cnn-lab-network .stack { height: 96px; display: flex; align-items: center; justify-content: center; }
ol.cnn-lab-network img { display: block; image-rendering: pixelated; object-fit: contain; border-radius: 3px;
  background: light-dark(#FFFFFF, #14151F); outline: 1px solid rgba(128, 128, 148, .5);
  width: var(--side, 84px); height: var(--side, 84px); }
ol.cnn-lab-network img.row { width: 16px; height: 84px; object-fit: fill; }
ol.cnn-lab-network .maps { display: grid; grid-template-columns: repeat(2, auto); gap: 3px; }
ol.cnn-lab-network table { border-collapse: collapse; font-size: .7rem; line-height: 1.15;
  font-variant-numeric: tabular-nums; }
ol.cnn-lab-network :is(th, td) { padding: .1rem .2rem; border: 0; font-weight: 400; text-align: left;
  white-space: nowrap; max-width: 4.6rem; overflow: hidden; text-overflow: ellipsis; }
ol.cnn-lab-network i.cnn-lab-bar { display: inline-block; height: .55rem; border-radius: 2px; margin-right: 3px; }
ol.cnn-lab-network tr.best th { font-weight: 700; }
ol.cnn-lab-network .name { font-size: .85rem; line-height: 1.2; }
ol.cnn-lab-network .size { font-size: .75rem; opacity: .85; font-variant-numeric: tabular-nums; max-width: 5.6rem;
  line-height: 1.25; }
ol.cnn-lab-network:not(.small) li:last-child .name { font-weight: 700; color: light-dark(#4338CA, #A5B4FC);
  border-bottom: 3px solid light-dark(#4F46E5, #8B83F7); padding-bottom: 2px; }
@media (max-width: 40rem) {
  ol.cnn-lab-network { padding-inline: .1rem; justify-content: flex-start; }
  ol.cnn-lab-network li { padding: 0 .2rem 0 1.3rem; }
}
</style>
"""
_SIDE, _SIDE_OF_SEVERAL, _LEAST = 84, 40, 16
_MOST_BARS, _LONGEST_BAR = 5, 26


@dataclass(frozen=True)
class Drawn:
    """A layer as it is drawn: its name, the HTML of what comes out of it, and the size of that."""

    name: str
    picture: str
    size: str


def network(layers: Sequence[Drawn], *, is_small: bool = False) -> None:
    """Show layers, from the first to the newest one, which is marked unless the drawing is a small one."""
    items = "".join(
        f'<li{_here(place, layers, is_small=is_small)}><div class="stack">{layer.picture}</div>'
        f'<span class="name">{html.escape(layer.name)}</span><span class="size">{html.escape(layer.size)}</span></li>'
        for place, layer in enumerate(layers)
    )
    kind, label = (" small", "A network of two blocks") if is_small else ("", "The network so far")
    st.html(f'{TABLE_BARS_CSS}{_CSS}<ol class="cnn-lab-network{kind}" aria-label="{label}">{items}</ol>')


def draw_map(values: np.ndarray, place: int, maps: Sequence[np.ndarray], name: str) -> str:
    """A map in the measure of the picture, which is the first of the maps: what has shrunk is smaller."""
    # One kind of colours behind the convolution, so that what ReLU has taken away is missed.
    is_signed = place > 0 and any(bool((one < 0).any()) for one in maps)
    side = max(_LEAST, round(_SIDE * max(values.shape) / max(maps[0].shape)))
    alt = html.escape(f"{name}: {values.shape[1]}×{values.shape[0]} numbers as brightnesses")
    return f'<img style="--side:{side}px" alt="{alt}" src="{data_uri(map_picture(values, is_signed=is_signed))}">'


def draw_maps(maps: np.ndarray, whole: tuple[int, ...], name: str) -> str:
    """Several maps (rows, columns, maps), in the measure of a picture of the shape ``whole``."""
    side = max(_LEAST // 2, round(_SIDE_OF_SEVERAL * max(maps.shape[:2]) / max(whole)))
    is_signed = bool((maps < 0).any())
    images = "".join(
        f'<img alt="" src="{data_uri(map_picture(maps[..., one], is_signed=is_signed))}">'
        for one in range(maps.shape[2])
    )
    alt = html.escape(f"{maps.shape[2]} maps of {name}")
    columns = f"--side:{side}px;grid-template-columns:repeat({2 if maps.shape[2] <= 4 else 3},auto)"
    return f'<div class="maps" role="img" aria-label="{alt}" style="{columns}">{images}</div>'


def draw_row(values: np.ndarray) -> str:
    """The numbers of a map below each other."""
    image = data_uri(map_picture(values.reshape(-1, 1), is_signed=True))
    return f'<img class="row" alt="The numbers of the map in one row" src="{image}">'


def draw_bars(names: Sequence[str], values: Sequence[float], words: Callable[[float], str]) -> str:
    """The largest of some numbers as bars, with the names of their classes."""
    order = sorted(range(len(values)), key=lambda one: -values[one])[:_MOST_BARS]
    low = min(0.0, values[order[-1]])
    high = max(values[order[0]] - low, 1e-9)
    rows = "".join(
        f'<tr{" class=best" if not place else ""}><th scope="row">{html.escape(names[one])}</th>'
        f"<td>{table_bar(f'{_LONGEST_BAR * (values[one] - low) / high:.0f}px')}{words(values[one])}</td></tr>"
        for place, one in enumerate(order)
    )
    others = len(values) - len(order)
    more = f'<tr><th scope="row">{others} more</th><td></td></tr>' if others else ""
    return f"<table>{rows}{more}</table>"


def _here(place: int, layers: Sequence[Drawn], *, is_small: bool) -> str:
    return ' aria-current="step"' if place == len(layers) - 1 and not is_small else ""
