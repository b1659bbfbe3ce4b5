"""The start of a duel: on which images, what is equal, with or without the control."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Mapping
from typing import Literal

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card, dataset_titles
from cnn_core.data.load import ready_names
from cnn_core.duel.contest import CORNERS
from cnn_core.duel.networks import KINDS, TITLES, Kind, is_narrow, parameter_count
from cnn_core.duel.settings import duel_config
from cnn_core.duel.starting import create_duel, duel_configs, equal_epochs, measured_epoch_seconds, start_duel
from cnn_core.models.summary import describe
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.probe import Probe
from cnn_core.runs.probes import find_probe, start_probe
from pages.parts.address import one_of
from pages.parts.boundary import errors_toasted
from pages.parts.job_view import JobView
from pages.parts.learn.controls import buttons
from pages.parts.learn.duel.address import AXIS, DATASET, EQUAL, WITH_CONTROL
from pages.parts.learn.views import choose
from pages.parts.words import duration, plain

Fairness = Literal["parameters", "seconds"]
_FAIR: dict[Fairness, str] = {"parameters": "Parameters and epochs", "seconds": "Parameters and seconds"}
_STARTED = "duel-started"
# A second click within this time, on the same settings, is a click of before: it starts nothing more.
_LATE_SECONDS = 10.0
_starting = threading.Lock()


def start_form(*, has_duel: bool) -> None:
    """Let a person set up a duel and start it.

    Args:
        has_duel: Whether one is shown below already.
    """
    ready = ready_names()
    dataset = one_of(DATASET, ready, default=ready[0])
    fairness: Fairness = one_of(EQUAL, ("parameters", "seconds"), default="parameters")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.session_state["learn-duel-dataset"] = dataset
        st.selectbox(
            "Images",
            ready,
            format_func=lambda name: dataset_titles()[name],
            key="learn-duel-dataset",
            on_change=lambda: choose(**{DATASET: st.session_state["learn-duel-dataset"]}),
            width=260,
        )
        buttons(EQUAL, "Equal are", tuple(_FAIR), fairness, default="parameters", words=lambda name: _FAIR[name])
        has_control = one_of(WITH_CONTROL, ("yes", "no"), default="yes") == "yes"
        st.session_state["learn-duel-control"] = has_control
        st.toggle(
            "With the control",
            key="learn-duel-control",
            on_change=_write_control,
            help="Two more runs, in which the pixels of all images are shuffled in one fixed way.",
        )
    st.markdown(_networks(dataset))
    dense_epochs = None
    if fairness == "seconds":
        seconds = _epoch_seconds(dataset)
        if seconds is None:
            return
        dense_epochs = equal_epochs(dataset, seconds)
    configs = duel_configs(dataset, has_control=has_control, dense_epochs=dense_epochs)
    st.caption(_what_happens(configs))
    st.button(
        f"Start {'a new duel' if has_duel else 'the duel'}: {len(configs)} runs",
        icon=":material/swords:",
        type="secondary" if has_duel else "primary",
        on_click=_start,
        args=(configs,),
        key="learn-duel-start",
    )


def _write_control() -> None:
    choose(**{WITH_CONTROL: None if st.session_state["learn-duel-control"] else "no"})


def _networks(dataset: str) -> str:
    card = dataset_card(dataset)
    shape, class_count = (card.height, card.width, card.channels), len(card.class_names)
    lines = []
    for kind in KINDS:
        model = duel_config(kind, card).model
        blocks = " → ".join(describe(block) for block in model.blocks)
        count = parameter_count(model, shape, class_count)
        lines.append(f"- **{TITLES[kind]}**, **{count:,}** parameters: {plain(blocks)} → {class_count} classes")
        if is_narrow(model):
            lines.append(
                "\n*Each unit has a weight for every number of these images, so a few units have as many parameters as "
                "the whole CNN. A layer so narrow lets little of an image through. Small grey images are fairer.*"
            )
    return "\n".join(lines)


def _what_happens(configs: Mapping[str, RunConfig]) -> str:
    cnn, dense = configs["cnn"].training, configs["dense"].training
    epochs = f"{cnn.epochs} epochs each" if cnn.epochs == dense.epochs else _unequal(cnn.epochs, dense.epochs)
    price = " On Fashion-MNIST and two cores a CNN takes a minute or two, a dense network a quarter of that."
    return (
        f"{epochs}, batches of {cnn.batch_size}, Adam at {cnn.learning_rate:g}, no augmentation, the same seed and so "
        f"the same batches; kept are the weights of the best validation epoch.{price * (cnn.epochs == dense.epochs)} "
        "The runs go on when you leave this page."
    )


def _unequal(cnn: int, dense: int) -> str:
    return f"{cnn} epochs of the CNN, {dense} of the dense network, which take about as long"


def _epoch_seconds(dataset: str) -> dict[Kind, float] | None:
    """What an epoch costs here, as runs took or as it was measured; ``None``, and an offer to measure, if unknown."""
    found: dict[Kind, float] = {}
    for kind in KINDS:
        seconds = measured_epoch_seconds(kind, dataset) or _probed(kind, dataset)
        if seconds is None:
            _offer_to_measure(kind, dataset)
            return None
        found[kind] = seconds
    costs = ", ".join(f"{found[kind]:.2g} s ({TITLES[kind]})" for kind in KINDS)
    st.markdown(f"An epoch takes about {costs} on this machine.")
    return found


def _config(kind: Kind, dataset: str) -> RunConfig:
    return duel_config(kind, dataset_card(dataset))


def _probed(kind: Kind, dataset: str) -> float | None:
    probe = find_probe("price", _config(kind, dataset))
    if probe is None or probe.is_active or probe.status().error:
        return None
    return probe.price().epoch_seconds


def _offer_to_measure(kind: Kind, dataset: str) -> None:
    config = _config(kind, dataset)

    def button() -> None:
        st.button(
            f"Measure an epoch of the {TITLES[kind] if kind == 'cnn' else 'dense network'}",
            icon=":material/timer:",
            on_click=_measure,
            args=(config,),
            key=f"learn-duel-measure-{kind}",
        )

    def offer() -> None:
        st.caption(
            f"How long an epoch takes here has to be known first. It takes about {duration(20)}; a finished duel with "
            "equal epochs on these images tells it, too."
        )
        button()

    def result(_: Probe) -> None:
        # It is there now: the page goes on with it.
        st.rerun()

    JobView(
        key=f"learn-duel-price-{kind}",
        find=functools.partial(find_probe, "price", config),
        offer=offer,
        result=result,
        retry=button,
        doing="Measuring a few batches…",
        failed="An epoch could not be measured.",
    ).show()


def _measure(config: RunConfig) -> None:
    with errors_toasted():
        start_probe("price", config, again=True)


def _start(configs: dict[str, RunConfig]) -> None:
    """Start the runs, and let the address lead to them; for the button's callback."""
    with _starting, errors_toasted():
        last = st.session_state.get(_STARTED)
        if last is not None and last[1] == configs and time.monotonic() - last[0] <= _LATE_SECONDS:
            _lead_to(configs, last[2])
            return
        runs = create_duel(configs)
        ids = {name: run.id for name, run in runs.items()}
        st.session_state[_STARTED] = time.monotonic(), configs, ids
        # Before they are started: where one cannot be, the address leads to the others all the same.
        _lead_to(configs, ids)
        start_duel(runs, LocalLauncher())


def _lead_to(configs: Mapping[str, RunConfig], ids: Mapping[str, str]) -> None:
    is_unequal = configs["cnn"].training.epochs != configs["dense"].training.epochs
    corners = dict.fromkeys((corner.name for corner in CORNERS), None) | dict(ids)
    choose(**corners, **{AXIS: "seconds" if is_unequal else None})
