"""Probabilities as bars: the list beside a picture, and the bars in tables of numbers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

BARS_CSS = """
<style>
ol.cnn-lab-bars { list-style: none; margin: 0; padding: 0; flex: 1 1 14rem; min-width: 0; }
ol.cnn-lab-bars li { margin: 0 0 .6rem; padding: 0; font-size: inherit; }
ol.cnn-lab-bars .row { display: flex; justify-content: space-between; gap: .75rem; }
ol.cnn-lab-bars .row > span:first-child { overflow-wrap: anywhere; min-width: 0; }
ol.cnn-lab-bars li:first-child .row { font-weight: 600; font-size: 1.15em; }
ol.cnn-lab-bars .mark { opacity: .8; font-weight: 400; font-size: .8rem; margin-left: .4rem; }
ol.cnn-lab-bars .track { height: .5rem; border-radius: .25rem; background: rgba(128, 128, 148, .25); overflow: hidden; }
ol.cnn-lab-bars .bar { height: 100%; border-radius: .25rem; background: #6F67F0; }
ol.cnn-lab-bars .true .bar { background: #0E9F8E; }
ol.cnn-lab-bars.close { font-size: .9rem; max-height: 22rem; overflow-y: auto; padding-right: .5rem; }
ol.cnn-lab-bars.close li { margin-bottom: .35rem; }
ol.cnn-lab-bars.close .track, ol.cnn-lab-bars.close .bar { height: .4rem; }
</style>
"""
TABLE_BARS_CSS = """
<style>
i.cnn-lab-bar { display: block; height: .8rem; border-radius: .25rem; min-width: 2px;
  background: rgba(128, 128, 148, .6); }
tr.best i.cnn-lab-bar { background: #6F67F0; }
</style>
"""


@dataclass(frozen=True)
class Bar:
    """A class and its probability.

    Attributes:
        mark: What it is besides, such as "true class"; empty for nothing.
        is_true: Whether it is the true class, whose bar has a colour of its own.
    """

    label: str
    probability: float
    mark: str = ""
    is_true: bool = False


def bars_list(bars: Sequence[Bar], *, is_close: bool = False) -> str:
    """The bars as an HTML list, in the order given; :data:`BARS_CSS` must be on the page.

    Args:
        bars: The first one is set larger.
        is_close: Set them closer, in a list that scrolls by itself where there are many.
    """
    # A part of the page that scrolls must be reached by keyboard too.
    attributes = (
        'class="cnn-lab-bars close" tabindex="0" aria-label="Probabilities"' if is_close else 'class="cnn-lab-bars"'
    )
    return f"<ol {attributes}>{''.join(map(_item, bars))}</ol>"


def table_bar(length: str) -> str:
    """A bar for a cell of a table, in strong colour in a row of class ``best``; :data:`TABLE_BARS_CSS` must be there.

    Args:
        length: As CSS has it: ``62.5%`` of the cell, or ``20px``.
    """
    return f'<i class="cnn-lab-bar" style="width:{length}"></i>'


def _item(bar: Bar) -> str:
    mark = f'<span class="mark">{html.escape(bar.mark)}</span>' if bar.mark else ""
    return (
        f'<li{" class=true" if bar.is_true else ""}><div class="row"><span>{html.escape(bar.label)}{mark}</span>'
        f"<span>{bar.probability:.1%}</span></div>"
        f'<div class="track"><div class="bar" style="width:{bar.probability:.2%}"></div></div></li>'
    )
