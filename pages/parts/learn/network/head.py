"""What goes into the network, where it looked, and what it answers."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.explain.heat import heat_picture
from cnn_core.learn.numbers import MINUS
from cnn_core.learn.stations import Maps
from pages.parts.bars import TABLE_BARS_CSS, table_bar
from pages.parts.explanation import is_too_coarse, told_too_coarse
from pages.parts.gallery import data_uri
from pages.parts.learn.network.walked import Key, Subject
from pages.parts.words import percent

_ANSWERS = 5

_CSS = """
<style>
.cnn-lab-inout { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.cnn-lab-inout figure { margin: 0; width: 150px; }
.cnn-lab-inout img { width: 150px; display: block; border-radius: .5rem; image-rendering: pixelated;
  outline: 1px solid rgba(128, 128, 148, .35); }
.cnn-lab-inout :is(figcaption, p) { font-size: .85rem; line-height: 1.35; margin: 0 0 .4rem;
  min-height: 2.3rem; }
.cnn-lab-inout table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.cnn-lab-inout .answers { flex: 1 1 260px; max-width: 480px; }
.cnn-lab-inout :is(th, td) { padding: .2rem .5rem .2rem 0; border: 0; text-align: left; font-weight: 400; }
.cnn-lab-inout thead { font-size: .8rem; opacity: .85; }
.cnn-lab-inout td.bar { width: 60%; min-width: 80px; }
.cnn-lab-inout tr.best :is(th, td) { font-weight: 700; }
</style>
"""
_HEADS = (
    '<thead><tr><th scope="col">class</th><th scope="col">share</th><td></td><th scope="col">logit</th></tr></thead>'
)


def head(subject: Subject, maps: Maps) -> None:
    """Show the picture as the network gets it, Grad-CAM for its answer, and the likeliest classes.

    Args:
        subject: The network and the picture.
        maps: Of any stations; its logits and probabilities are shown.
    """
    order = np.argsort(-maps.probabilities, kind="stable")[:_ANSWERS]
    best = int(order[0])
    name = html.escape(subject.class_names[best])
    heat = _heat(subject.key, best, subject.image.tobytes(), _subject=subject)
    height, width = subject.image.shape[:2]
    figures = [
        _figure(f"Goes in: {width} × {height} pixels", data_uri(subject.image), "The picture as the network gets it")
    ]
    if heat is not None and not is_too_coarse(*heat.shape):
        alt = f"Heat map of what spoke for {name}"
        figures.append(_figure(f"Warm: what spoke for <b>{name}</b>", heat.address, alt))
    rows = "".join(
        _row(subject.class_names[one], float(maps.probabilities[one]), float(maps.logits[one]), is_best=one == best)
        for one in order
    )
    answers = f"<p>Comes out</p><table>{_HEADS}<tbody>{rows}</tbody></table>"
    st.html(
        f'{_CSS}{TABLE_BARS_CSS}<div class="cnn-lab-inout">{"".join(figures)}<div class="answers">{answers}</div></div>'
    )
    if heat is None:
        why = subject.network.grad_cam.no_map
        st.info(f"{why} Compare it with one that has: choose another run above.", icon=":material/blur_off:")
    else:
        told_too_coarse(*heat.shape)


@dataclass(frozen=True)
class _Heat:
    """A heat map that is drawn on its picture: rows and columns of the map, and the picture inside an address."""

    shape: tuple[int, int]
    address: str


@st.cache_resource(max_entries=64, show_spinner="Asking where it looked…")
def _heat(key: Key, label: int, image: bytes, _subject: Subject) -> _Heat | None:  # noqa: ARG001 - the cache's key
    grad_cam = _subject.network.grad_cam
    if not grad_cam.has_map:
        return None
    heat = grad_cam.maps(_subject.image, [label])[0]
    height, width = heat.shape
    return _Heat((height, width), data_uri(heat_picture(_subject.image, heat), "webp"))


def _figure(title: str, address: str, alt: str) -> str:
    return f'<figure><figcaption>{title}</figcaption><img src="{address}" alt="{alt}"></figure>'


def _row(name: str, share: float, logit: float, *, is_best: bool) -> str:
    kind = ' class="best"' if is_best else ""
    return (
        f'<tr{kind}><th scope="row">{html.escape(name)}</th><td>{percent(share)}</td>'
        f'<td class="bar">{table_bar(f"{share:.1%}")}</td><td>{_logit(logit)}</td></tr>'
    )


def _logit(logit: float) -> str:
    # Below each other: as many decimals each.
    return f"{logit:.2f}".replace("-", MINUS)
