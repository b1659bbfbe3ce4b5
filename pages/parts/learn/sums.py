"""One place of a result, written out as arithmetic."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from cnn_core.figures.colours import TRAINING, VALIDATION, faded
from cnn_core.learn.numbers import figure, fine
from cnn_core.learn.pooling import PoolingStep
from cnn_core.learn.sliding import Step

SUMS_CSS = f"""
<style>
.cnn-lab-sums {{ display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem;
  font-variant-numeric: tabular-nums; }}
.cnn-lab-sums figure {{ margin: 0; max-width: 100%; overflow-x: auto; }}
.cnn-lab-sums figcaption {{ font-size: .8rem; opacity: .8; margin-bottom: .25rem; }}
.cnn-lab-sums table {{ border-collapse: separate; border-spacing: 2px; }}
.cnn-lab-sums td {{ min-width: 3.1rem; height: 2rem; padding: 0 .25rem; text-align: center; font-size: .85rem;
  border-radius: .25rem; border: 1px solid rgba(128, 128, 148, .35); }}
.cnn-lab-sums td.winner {{ outline: 3px solid currentColor; outline-offset: -3px; font-weight: 700; }}
.cnn-lab-sums .sign {{ font-size: 1.4rem; opacity: .75; padding-top: 1.2rem; }}
.cnn-lab-sums .total {{ font-size: 1.5rem; font-weight: 600; padding-top: 1.2rem; }}
.cnn-lab-written {{ font-size: .95rem; line-height: 1.7; margin: .75rem 0 0; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }}
.cnn-lab-written b {{ background: {faded(TRAINING, 0.18)}; border-radius: .25rem; padding: .1rem .3rem; }}
.cnn-lab-sums + .cnn-lab-sums {{ margin-top: .5rem; }}
.cnn-lab-note {{ font-size: .85rem; opacity: .85; margin: .4rem 0 0; line-height: 1.5; }}
.cnn-lab-terms {{ border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }}
.cnn-lab-terms :is(th, td) {{ padding: .2rem .9rem .2rem 0; text-align: right; font-weight: 400;
  border-bottom: 1px solid rgba(128, 128, 148, .25); }}
</style>
"""


def show_step(step: Step, title: str) -> None:
    """Show patch, kernel, products and sum of one place.

    Args:
        step: The place.
        title: Of the kernel.
    """
    patch = number_table("Window on the picture", step.patch, is_signed=False)
    kernel = number_table(f"Kernel: {title}", step.weights)
    products = number_table("Products", step.products)
    st.html(
        f'{SUMS_CSS}<div class="cnn-lab-sums">{patch}{sign("×")}{kernel}{sign("=")}{products}{sign("→")}'
        f'<span class="total">{figure(step.total, 3)}</span></div>{written(step.arithmetic)}'
    )


def show_pooling(step: PoolingStep) -> None:
    """Show the window and what is taken of it, for one place."""
    winner = step.winner if step.kind == "max" else None
    patch = number_table("Window on the feature map", step.patch, winner=winner)
    st.html(
        f'{SUMS_CSS}<div class="cnn-lab-sums">{patch}{sign("→")}'
        f'<span class="total">{figure(step.total, 3)}</span></div>{written(step.arithmetic)}'
    )


def written(arithmetic: str) -> str:
    """A sum as a paragraph, its result marked; the styles must be on the page."""
    terms, _, result = html.escape(arithmetic).rpartition(" = ")
    return f'<p class="cnn-lab-written">{terms} = <b>{result}</b></p>'


def number_table(
    title: str, values: np.ndarray, *, is_signed: bool = True, winner: tuple[int, int] | None = None
) -> str:
    """Numbers as a small table; :data:`SUMS_CSS` must be on the page.

    Args:
        title: Above it.
        values: (rows, columns) float.
        is_signed: Whether what is above and below 0 has different colours; else they are brightnesses: 0
            is black, 1 is white.
        winner: Row and column of a number that is marked.
    """
    colours = _signed(values) if is_signed else _grey(values)
    columns = values.shape[1]
    marks = [" class=winner" if winner == divmod(place, columns) else "" for place in range(values.size)]
    cells = [
        f'<td style="background:{colour}"{mark}>{fine(value)}</td>'
        for value, colour, mark in zip(values.ravel().tolist(), colours, marks, strict=True)
    ]
    rows = "".join(f"<tr>{''.join(cells[first : first + columns])}</tr>" for first in range(0, len(cells), columns))
    return f"<figure><figcaption>{html.escape(title)}</figcaption><table>{rows}</table></figure>"


def sign(sign: str) -> str:
    """A sign between two tables."""
    return f'<span class="sign">{sign}</span>'


def _share(values: np.ndarray) -> list[float]:
    shares: list[float] = (np.abs(values) / max(float(np.abs(values).max()), 1e-9)).ravel().tolist()
    return shares


def _signed(values: np.ndarray) -> list[str]:
    return [
        faded(VALIDATION if value < 0 else TRAINING, round(0.5 * share, 3))
        for value, share in zip(values.ravel().tolist(), _share(values), strict=True)
    ]


def _grey(values: np.ndarray) -> list[str]:
    levels = np.rint(255 * values.clip(0, 1)).astype(int).ravel().tolist()
    return [f"rgb({level},{level},{level});color:{'#000' if level > 127 else '#FFF'}" for level in levels]
