"""A typical network on Start, drawn layer by layer with the real maps of the picture: ``?step=3`` shows three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from cnn_core.errors import ConfigError
from cnn_core.learn.chain import Chain
from cnn_core.learn.numbers import figure
from cnn_core.learn.softmax import softmax_terms
from cnn_core.learn.stacked import two_blocks
from cnn_core.runs.directory import Run
from cnn_core.runs.store import SHOWCASE, find_run
from pages.parts.address import change, whole_number
from pages.parts.boundary import errors_told
from pages.parts.learn.kernel import chosen_kernel
from pages.parts.learn.mode import TEXT, TRIES, is_left_out
from pages.parts.learn.network.walked import subject_of
from pages.parts.learn.picture import ShownPicture
from pages.parts.learn.prepared import prepared_for
from pages.parts.learn.start.architecture_drawing import Drawn, draw_bars, draw_map, draw_maps, draw_row, network
from pages.parts.learn.start.architecture_texts import Layer, layers
from pages.parts.learn.steps import chain_of
from pages.parts.learn.views import STEP
from pages.parts.learn.ways import way

_STEPS = 8
# From these on a trained network is asked.
_DENSE, _SOFTMAX = 6, 7


@dataclass(frozen=True)
class Asked:
    """What a trained network says of the picture.

    Attributes:
        run: Whose network it is.
        names: The classes.
        logits, shares: A number for each class.
    """

    run: Run
    names: tuple[str, ...]
    logits: Sequence[float]
    shares: Sequence[float]


def architecture(picture: ShownPicture) -> None:
    """Draw the network as far as the address asks for, and say what the newest layer does.

    Errors of ours are told in its place: the rest of the view goes on.
    """
    with st.container(border=True), errors_told():
        st.subheader("A typical network, layer by layer", anchor=False)
        step = whole_number(STEP, default=1, least=1, most=_STEPS)
        _buttons(step)
        chain = chain_of(picture, chosen_kernel())
        asked = _ask(picture) if step >= _DENSE else None
        if asked is None:
            step = min(step, _DENSE - 1)
        told = layers(chain, asked.names if asked else (), _answer(asked))[:step]
        network(_drawn(chain, asked, told))
        if step == _STEPS:
            _blocks(chain)
        _say(told[-1])


def _buttons(step: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back", icon=":material/arrow_back:", disabled=step == 1, on_click=_go, args=(step - 1,))
        if step < _STEPS:
            st.button("Next step", icon=":material/add:", type="primary", on_click=_go, args=(step + 1,))
        else:
            st.button("From the beginning", icon=":material/replay:", on_click=_go, args=(1,))
        st.markdown(f"Step {step} of {_STEPS}", width="content")


def _go(step: int) -> None:
    change({STEP: None if step == 1 else str(step)})


def _ask(picture: ShownPicture) -> Asked | None:
    run = find_run(st.query_params.get("run", SHOWCASE))
    prepared = prepared_for(picture, run)
    if prepared is None:
        return None
    with st.spinner("Asking the network…"):
        logits = subject_of(run, None, prepared).maps(()).logits
    shares = [term.probability for term in softmax_terms(logits).terms]
    return Asked(run, run.record().data.class_names, logits.tolist(), shares)


def _answer(asked: Asked | None) -> tuple[str, float]:
    if asked is None:
        return "", 0.0
    share, name = max(zip(asked.shares, asked.names, strict=True))
    return name, share


def _drawn(chain: Chain, asked: Asked | None, told: Sequence[Layer]) -> list[Drawn]:
    maps = list(chain.maps())
    pictures = [draw_map(one, place, maps, told[place].name) for place, one in enumerate(maps[: len(told)])]
    if len(told) > len(maps):
        pictures.append(draw_row(maps[-1]))
    if asked and len(told) >= _DENSE:
        pictures.append(draw_bars(asked.names, asked.logits, lambda value: figure(value, 1)))
    if asked and len(told) >= _SOFTMAX:
        pictures.append(draw_bars(asked.names, asked.shares, "{:.0%}".format))
    return [Drawn(layer.name, picture, layer.size) for layer, picture in zip(told, pictures, strict=False)]


def _blocks(chain: Chain) -> None:
    try:
        blocks = two_blocks(chain.values)
    except ConfigError:
        st.info("This picture is too small for two blocks. Choose a larger one.", icon=":material/image:")
        return
    rows, columns = chain.values.shape
    stations = [Drawn("Picture", draw_map(chain.values, 0, [chain.values], "Picture"), f"{columns}×{rows}×1")]
    for number, block in enumerate(blocks, start=1):
        for name, maps in (("Convolution", block.convolved), ("ReLU", block.activated), ("Pooling", block.pooled)):
            size = f"{maps.shape[1]}×{maps.shape[0]}×{maps.shape[2]}"
            stations.append(Drawn(f"{name} {number}", draw_maps(maps, chain.values.shape, name), size))
    flat = blocks[-1].pooled
    stations.append(Drawn("Flatten", draw_row(flat.mean(axis=2)), f"{flat.size:,} numbers"))
    st.markdown("**Two blocks of several filters,** and then dense layers and softmax as above:")
    network(stations, is_small=True)
    first, second = (f"{block.weights:,}" for block in blocks)
    st.caption(f"The first convolution has {first} weights, the second one {second}; pooling and flattening have none.")


def _say(layer: Layer) -> None:
    if not is_left_out(TEXT):
        st.markdown(f"**{layer.name}.** {layer.text}")
    if layer.view and not is_left_out(TRIES):
        with st.container(width=360):
            way(layer.label, layer.view, key=f"layer-{layer.name}", **layer.choices)
