"""A network from the picture to the answer, small, with the maps that the page has just worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.figures.map_picture import map_picture
from cnn_core.learn.chain import Chain
from pages.parts.gallery import data_uri
from pages.parts.learn.views import ACTIVATION, ANSWER, CONVOLUTION, POOLING

_STATIONS = ("Picture", CONVOLUTION, ACTIVATION, POOLING, "Dense", ANSWER)
# The view in which each station is explained, where it has another name.
_VIEW_OF = {"Picture": CONVOLUTION, "Dense": ANSWER}
_BARS_OF_ANY = (0.12, 0.2, 0.62, 0.06)
_MOST_BARS = 12

_CSS = """
<style>
ol.cnn-lab-way { list-style: none; display: flex; margin: 0 0 .25rem; padding: .75rem .5rem .6rem; gap: 0;
  border-radius: .75rem; background: rgba(128, 128, 148, .09); }
ol.cnn-lab-way li { flex: 1 1 0; min-width: 0; margin: 0; padding: 0; text-align: center; position: relative;
  display: flex; flex-direction: column; align-items: center; gap: .45rem; }
ol.cnn-lab-way li:not(:last-child)::after { content: ""; position: absolute; left: calc(50% + 44px); top: 31px;
  width: calc(100% - 88px); height: 2px; background: rgba(128, 128, 148, .55); }
ol.cnn-lab-way li:not(:last-child)::before { content: ""; position: absolute; left: calc(150% - 52px); top: 28px;
  border-left: 8px solid rgba(128, 128, 148, .75); border-block: 4px solid transparent; }
ol.cnn-lab-way .stack { width: 64px; height: 64px; display: flex; align-items: center; justify-content: center; }
ol.cnn-lab-way img { width: var(--side, 58px); height: var(--side, 58px); image-rendering: pixelated; display: block;
  object-fit: contain; border-radius: 3px; background: light-dark(#FFFFFF, #14151F);
  outline: 1px solid rgba(128, 128, 148, .5); }
ol.cnn-lab-way .many img { box-shadow: 4px -4px 0 -1px light-dark(#F4F4F9, #1E2030),
  4px -4px 0 0 rgba(128, 128, 148, .6), 8px -8px 0 -1px light-dark(#F4F4F9, #1E2030),
  8px -8px 0 0 rgba(128, 128, 148, .45); margin: 8px 8px 0 0; }
ol.cnn-lab-way img.row { width: 12px; height: 60px; image-rendering: auto; object-fit: fill; }
ol.cnn-lab-way .bars { display: flex; flex-direction: column; justify-content: center; gap: 2px;
  width: 56px; height: 60px; }
ol.cnn-lab-way .bars i { display: block; height: 7px; max-height: 100%; flex: 0 1 7px; border-radius: 2px;
  min-width: 2px; background: rgba(128, 128, 148, .6); }
ol.cnn-lab-way .bars i.best { background: #6F67F0; }
ol.cnn-lab-way .name { font-size: .85rem; line-height: 1.2; }
ol.cnn-lab-way .size { font-size: .75rem; opacity: .8; font-variant-numeric: tabular-nums; line-height: 1;
  min-height: .75rem; }
ol.cnn-lab-way li.here .name { font-weight: 700; color: light-dark(#4338CA, #A5B4FC);
  border-bottom: 3px solid light-dark(#4F46E5, #8B83F7); padding-bottom: 2px; }
@media (max-width: 52rem) {
  ol.cnn-lab-way { padding-inline: .1rem; }
  ol.cnn-lab-way li::before, ol.cnn-lab-way li::after { display: none; }
  ol.cnn-lab-way .stack { width: 44px; height: 46px; }
  ol.cnn-lab-way img { width: calc(var(--side, 58px) * .62); height: calc(var(--side, 58px) * .62); }
  ol.cnn-lab-way .many img { box-shadow: 3px -3px 0 -1px light-dark(#F4F4F9, #1E2030),
    3px -3px 0 0 rgba(128, 128, 148, .6); margin: 3px 3px 0 0; }
  ol.cnn-lab-way img.row { width: 9px; height: 42px; }
  ol.cnn-lab-way .bars { width: 36px; height: 42px; }
  ol.cnn-lab-way .name { font-size: .68rem; }
  ol.cnn-lab-way .size { font-size: .65rem; }
}
</style>
"""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the drawing shows.

    Attributes:
        chain: The picture and its maps; ``None`` where they could not be worked out.
        probabilities: Of the classes; empty where nobody was asked.
    """

    chain: Chain | None = None
    probabilities: Sequence[float] = ()


def drawing(view: str, shown: Shown) -> None:
    """Draw the network, and mark where the open view belongs; nothing where it is no station of it.

    Args:
        view: The open one.
        shown: What there is to show.
    """
    if view not in _STATIONS:
        return
    maps = [] if shown.chain is None else list(shown.chain.maps())
    pictures = [_map(values, place, maps) for place, values in enumerate(maps)] + ["<span></span>"] * (4 - len(maps))
    row = f'<img class="row" alt="" src="{_row(maps[3])}">' if len(maps) > 3 else ""
    sizes = [f"{values.shape[1]}×{values.shape[0]}" for values in maps] + [""] * (4 - len(maps))
    sizes += [
        f"{maps[3].size} numbers" if len(maps) > 3 else "",
        f"{len(shown.probabilities)} classes" if shown.probabilities else "the classes",
    ]
    items = zip(_STATIONS, [*pictures, row, _bars(shown.probabilities)], sizes, strict=True)
    stations = "".join(_station(name, picture, size, view) for name, picture, size in items)
    st.html(f'{_CSS}<ol class="cnn-lab-way" aria-label="The way through a network">{stations}</ol>')


def _station(name: str, picture: str, size: str, view: str) -> str:
    is_here = _VIEW_OF.get(name, name) == view and name != "Picture"
    here = ' class="here" aria-current="step"' if is_here else ""
    many = " many" if name in (CONVOLUTION, ACTIVATION, POOLING) else ""
    return (
        f'<li{here}><div class="stack{many}">{picture}</div><span class="name">{name}</span>'
        f'<span class="size">{size}</span></li>'
    )


def _map(values: np.ndarray, place: int, maps: Sequence[np.ndarray]) -> str:
    """A map in the measure of the picture, so that what has shrunk is smaller."""
    is_signed = place > 0 and any(bool((one < 0).any()) for one in maps)
    side = max(18, round(54 * max(values.shape) / max(maps[0].shape)))
    return f'<img alt="" style="--side:{side}px" src="{data_uri(map_picture(values, is_signed=is_signed))}">'


def _row(values: np.ndarray) -> str:
    return data_uri(map_picture(values.reshape(-1, 1), is_signed=True))


def _bars(probabilities: Sequence[float]) -> str:
    shares = list(probabilities)[:_MOST_BARS] or list(_BARS_OF_ANY)
    best = max(shares) if probabilities else None
    bars = [f'<i{" class=best" if share == best else ""} style="width:{share:.0%}"></i>' for share in shares]
    return f'<span class="bars">{"".join(bars)}</span>'
