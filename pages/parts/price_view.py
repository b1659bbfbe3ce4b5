"""What a run will cost, beside the button that starts it: known before, and measured on request."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import ImageNetTransfer, RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.load import dataset_state
from cnn_core.models.summary import network_size
from cnn_core.runs.measurements import Price
from cnn_core.runs.probes import Probe, find_probe, start_probe
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.words import amount, duration, plain

_REFRESH_SECONDS = 0.7


def price_view(config: RunConfig) -> None:
    """Show what is known of a run's price; measure the rest when asked to.

    The measurement is found again by every session that shows such settings, after a reload too.

    Args:
        config: The settings, which fit together.
    """
    with errors_told():
        _known(config)
        probe = find_probe("price", config)
        is_active = probe is not None and probe.is_active
        st.fragment(_measured, run_every=_REFRESH_SECONDS if is_active else None)(config, is_active)


def _known(config: RunConfig) -> None:
    # The size of an ImageNet network is Keras's to tell.
    if isinstance(config.transfer, ImageNetTransfer):
        return
    card = dataset_card(config.dataset)
    size = network_size(config.model, (card.height, card.width, card.channels), len(card.class_names))
    st.caption(f"{size.parameters:,} parameters · {amount(size.multiply_adds)} multiply-adds an image")


def _measured(config: RunConfig, was_active: bool) -> None:
    with errors_told():
        probe = find_probe("price", config)
        is_active = probe is not None and probe.is_active
        if is_active != was_active:
            st.rerun()
        if probe is None:
            _offer(config)
        elif is_active:
            _under_way(probe)
        elif probe.error:
            st.error(f"The price could not be measured. {plain(probe.error)}", icon=":material/error:")
            _start_button("Measure again", config)
        else:
            _result(probe.price(), config)


def _offer(config: RunConfig) -> None:
    is_here = dataset_state(config.dataset).state == "ready"
    _start_button(
        "Measure time and memory",
        config,
        disabled=not is_here,
        help="Trains a few batches of this network in a process of its own, as the run will. It takes about as long as "
        "a run takes to start."
        if is_here
        else "The images have to be on this machine first: starting the training fetches them.",
    )


def _start_button(label: str, config: RunConfig, *, disabled: bool = False, help: str | None = None) -> None:
    st.button(
        label,
        icon=":material/timer:",
        on_click=_start,
        args=(config,),
        width="stretch",
        disabled=disabled,
        help=help,
        key="price-start",
    )


def _start(config: RunConfig) -> None:
    with errors_toasted():
        start_probe("price", config, again=True)


def _under_way(probe: Probe) -> None:
    st.progress(probe.status().share, text="Measuring a few batches")
    st.button("Cancel", icon=":material/close:", on_click=_cancel, args=(probe,), width="stretch", key="price-cancel")


def _cancel(probe: Probe) -> None:
    with errors_toasted():
        probe.cancel()


def _result(price: Price, config: RunConfig) -> None:
    epochs = config.training.epochs
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
        st.button(
            "Measure again",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_start,
            args=(config,),
            key="price-start",
        )


def _short(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
