"""The learning-rate range test: started here, run in the background, read from its curve."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.data.load import dataset_state
from cnn_core.figures.rate_range import rate_range_figure
from cnn_core.models.imagenet import needed_weights
from cnn_core.runs.probe import Probe
from pages.parts.live_chart import live_chart
from pages.parts.probe_view import ProbeView
from pages.parts.words import plain

_CHOSEN = "rate-range-chosen"


def rate_range_view(config: RunConfig) -> float | None:
    """Offer the test, show how far it is, and what it found.

    Args:
        config: The settings, which fit together; their own rate and schedule do not matter to the test.

    Returns:
        The suggested learning rate, once, when the button "Use this rate" was pressed; else ``None``.
    """
    chosen: float | None = st.session_state.pop(_CHOSEN, None)
    _VIEW.show(config)
    return chosen


def _offer(config: RunConfig) -> None:
    st.caption(
        "Not sure about the learning rate? The test trains for 150 batches while the rate rises from far too small to "
        "far too large, and shows where the loss falls. Nothing of it stays in the network of the run."
    )
    are_images_here = dataset_state(config.dataset).state == "ready"
    if not are_images_here:
        st.caption("The images have to be on this machine first: starting a training fetches them.")
    weights = needed_weights(config)
    are_weights_here = weights is None or weights.state == "ready"
    if weights is not None and not are_weights_here:
        st.caption(plain(weights.message))
    _VIEW.start_button("Test learning rates", config, disabled=not (are_images_here and are_weights_here))


def _result(probe: Probe, config: RunConfig) -> None:
    result = probe.rate_range()
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
        _VIEW.again_button(config)


def _choose(rate: float) -> None:
    st.session_state[_CHOSEN] = rate


_VIEW = ProbeView(
    kind="rate-range",
    again="Test again",
    icon=":material/trending_down:",
    doing="Testing learning rates from 0.000001 to 1",
    failed="The test could not be done.",
    width="content",
    offer=_offer,
    result=_result,
    # What was chosen in the fragment is handed over by the page.
    is_outdated=lambda: _CHOSEN in st.session_state,
)
