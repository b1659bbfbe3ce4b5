"""Images of each class as bars, part beside part: a list that scrolls by itself where there are many classes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.figures.colours import RATE, TRAINING, VALIDATION

_CSS = f"""
<style>
.cnn-lab-counts {{ font-size: .9rem; }}
.cnn-lab-counts .legend {{ display: flex; gap: 1.25rem; margin-bottom: .5rem; }}
.cnn-lab-counts .legend i {{ display: inline-block; width: .7rem; height: .7rem; border-radius: .2rem;
  margin-right: .4rem; }}
.cnn-lab-counts ol {{ list-style: none; margin: 0; padding: 0 .25rem 0 0; max-height: 23rem; overflow-y: auto;
  display: grid; grid-template-columns: fit-content(11rem) 1fr max-content; column-gap: .75rem; }}
.cnn-lab-counts li {{ display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center;
  margin: 0; padding: .16rem 0; font-size: inherit; }}
.cnn-lab-counts .name {{ white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }}
.cnn-lab-counts .number {{ text-align: right; font-variant-numeric: tabular-nums; opacity: .85; }}
.cnn-lab-counts .track {{ display: flex; gap: 1px; height: .8rem; }}
.cnn-lab-counts .track b {{ display: block; border-radius: .15rem; min-width: 1px; }}
.cnn-lab-counts .c0 {{ background: {TRAINING}; }}
.cnn-lab-counts .c1 {{ background: {VALIDATION}; }}
.cnn-lab-counts .c2 {{ background: {RATE}; }}
@media (max-width: 40rem) {{
  .cnn-lab-counts ol {{ grid-template-columns: fit-content(6.5rem) 1fr max-content; column-gap: .5rem; }}
}}
</style>
"""


@dataclass(frozen=True, eq=False)
class Series:
    """One part of a dataset.

    Attributes:
        name: Of the part.
        counts: (K,) images of each class.
        colour: Its place among the three colours: learned from, watched or tested on.
    """

    name: str
    counts: np.ndarray
    colour: int


def class_bars(class_names: Sequence[str], order: Sequence[int], series: Sequence[Series]) -> None:
    """Show a row a class, whose bars lie behind each other.

    Args:
        class_names: In the order of the labels.
        order: The labels in the order of the rows.
        series: The parts; at least one.
    """
    totals = np.sum([one.counts for one in series], axis=0)
    most = max(1, int(totals.max()))
    legend = "".join(f'<span><i class="c{one.colour}"></i>{html.escape(one.name)}</span>' for one in series)
    rows = "".join(_row(class_names[label], [(one, int(one.counts[label])) for one in series], most) for label in order)
    # A part of the page that scrolls must be reached by keyboard too.
    st.html(
        f'{_CSS}<div class="cnn-lab-counts"><div class="legend">{legend}</div>'
        f'<ol tabindex="0" aria-label="Images of each class">{rows}</ol></div>'
    )


def _row(name: str, parts: Sequence[tuple[Series, int]], most: int) -> str:
    name = html.escape(name)
    words = ", ".join(f"{count:,} {html.escape(one.name.lower())}" for one, count in parts)
    bars = "".join(f'<b class="c{one.colour}" style="width:{count / most:.2%}"></b>' for one, count in parts if count)
    numbers = " + ".join(f"{count:,}" for _, count in parts)
    return (
        f'<li title="{name}: {words}"><span class="name">{name}</span>'
        f'<span class="track">{bars}</span><span class="number">{numbers}</span></li>'
    )
