"""What a run will cost, beside the button that starts it: known before, and measured on request."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import dataset_state
from cnn_core.models.transfer_table import run_network_size
from cnn_core.runs.probe import Probe
from pages.parts.boundary import errors_told
from pages.parts.probe_view import ProbeView
from pages.parts.words import amount, duration


def price_view(config: RunConfig) -> None:
    """Show what is known of a run's price; measure the rest when asked to.

    The measurement is found again by every session that shows such settings, after a reload too.

    Args:
        config: The settings, which fit together.
    """
    with errors_told():
        _known(config)
    _VIEW.show(config)


def _known(config: RunConfig) -> None:
    card = dataset_card(config.dataset)
    size = run_network_size(config, (card.height, card.width, card.channels), len(card.class_names))
    st.caption(f"{size.parameters:,} parameters · {amount(size.multiply_adds)} multiply-adds an image")


def _offer(config: RunConfig) -> None:
    is_here = dataset_state(config.dataset).state == "ready"
    _VIEW.start_button(
        "Measure time and memory",
        config,
        disabled=not is_here,
        help="Trains a few batches of this network in a process of its own, as the run will. It takes about as long as "
        "a run takes to start."
        if is_here
        else "The images have to be on this machine first: starting the training fetches them.",
    )


def _result(probe: Probe, config: RunConfig) -> None:
    price, epochs = probe.price(), config.training.epochs
    in_all = "" if epochs == 1 else f" · **{duration(price.total_seconds)}** in all"
    time = f":material/timer: **{_short(price.epoch_seconds)}** an epoch{in_all}"
    st.markdown(f"{time}  \n:material/memory: **{amount(price.memory_bytes, 'B')}** of memory")
    said = f"Measured on this machine; {duration(price.start_seconds)} of it until the first step."
    if config.training.patience:
        said += " Early stopping may end it sooner."
    if price.is_contended:
        said += " Something else kept the processor busy meanwhile; on a quiet machine it takes less."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(said)
        _VIEW.again_button(config)


def _short(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


_VIEW = ProbeView(
    kind="price",
    again="Measure again",
    icon=":material/timer:",
    doing="Measuring a few batches",
    failed="The price could not be measured.",
    width="stretch",
    offer=_offer,
    result=_result,
)
