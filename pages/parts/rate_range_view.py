"""The learning-rate range test: started here, run in the background, read from its curve."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.data.load import dataset_state
from cnn_core.figures.rate_range import rate_range_figure
from cnn_core.runs.measurements import RateRange
from cnn_core.runs.probes import Probe, find_probe, start_probe
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.live_chart import live_chart
from pages.parts.words import plain

_REFRESH_SECONDS = 0.7
_CHOSEN = "rate-range-chosen"


def rate_range_view(config: RunConfig) -> float | None:
    """Offer the test, show how far it is, and what it found.

    Args:
        config: The settings, which fit together; their own rate and schedule do not matter to the test.

    Returns:
        The suggested learning rate, once, when the button "Use this rate" was pressed; else ``None``.
    """
    chosen: float | None = st.session_state.pop(_CHOSEN, None)
    with errors_told():
        probe = find_probe("rate-range", config)
        is_active = probe is not None and probe.is_active
        st.fragment(_test, run_every=_REFRESH_SECONDS if is_active else None)(config, is_active)
    return chosen


def _test(config: RunConfig, was_active: bool) -> None:
    with errors_told():
        probe = find_probe("rate-range", config)
        is_active = probe is not None and probe.is_active
        # The page has to set another pace, or to take over what was chosen.
        if is_active != was_active or _CHOSEN in st.session_state:
            st.rerun()
        if probe is None:
            _offer(config)
        elif is_active:
            _under_way(probe)
        elif probe.error:
            st.error(f"The test could not be done. {plain(probe.error)}", icon=":material/error:")
            _start_button("Test again", config)
        else:
            _result(probe.rate_range(), config)


def _offer(config: RunConfig) -> None:
    st.caption(
        "Not sure about the learning rate? The test trains for 150 batches while the rate rises from far too small to "
        "far too large, and shows where the loss falls. Nothing of it stays in the network of the run."
    )
    is_here = dataset_state(config.dataset).state == "ready"
    if not is_here:
        st.caption("The images have to be on this machine first: starting a training fetches them.")
    _start_button("Test learning rates", config, disabled=not is_here)


def _start_button(label: str, config: RunConfig, *, disabled: bool = False) -> None:
    st.button(
        label,
        icon=":material/trending_down:",
        on_click=_start,
        args=(config,),
        disabled=disabled,
        key="rate-range-start",
    )


def _start(config: RunConfig) -> None:
    with errors_toasted():
        start_probe("rate-range", config, again=True)


def _under_way(probe: Probe) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.progress(probe.status().share, text="Testing learning rates from 0.000001 to 1")
        st.button("Cancel", icon=":material/close:", on_click=_cancel, args=(probe,), key="rate-range-cancel")


def _cancel(probe: Probe) -> None:
    with errors_toasted():
        probe.cancel()


def _result(result: RateRange, config: RunConfig) -> None:
    alt = "Training loss over the learning rate"
    if result.suggested is not None:
        alt += f"; {result.suggested:g} is suggested"
    if result.losses:
        live_chart(rate_range_figure(result), key="rate-range", alt=alt)
    st.markdown(plain(result.explanation))
    with st.container(horizontal=True):
        if result.suggested is not None:
            is_used = result.suggested == config.training.learning_rate
            st.button(
                "This rate is set" if is_used else f"Use this rate: {result.suggested:g}",
                icon=":material/check:",
                on_click=_choose,
                args=(result.suggested,),
                disabled=is_used,
                key="rate-range-use",
            )
        st.button(
            "Test again",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_start,
            args=(config,),
            key="rate-range-start",
        )


def _choose(rate: float) -> None:
    st.session_state[_CHOSEN] = rate
