"""Your network: any picture on its way through a network that was trained here, number by number."""

from __future__ import annotations

import streamlit as st

from cnn_core.learn.overview import every_station, main_stations
from cnn_core.learn.stations import Station
from pages.parts.address import change, correct, one_of, shortened
from pages.parts.choose_run import choose_run
from pages.parts.learn.drawing import Shown
from pages.parts.learn.lesson import Try, lesson
from pages.parts.learn.network.epoch import choose_epoch
from pages.parts.learn.network.head import head
from pages.parts.learn.network.panel import panel
from pages.parts.learn.network.strip import strip
from pages.parts.learn.network.walked import Subject, subject_of
from pages.parts.learn.picture import choose_picture
from pages.parts.learn.prepared import prepared_for
from pages.parts.learn.views import EPOCH, EXCITES, LAYER, MAP, PAGE, WORK, choose

_STEPS, _ALL = "steps", "all"

_TEXT = """
This is a network that was trained here, with all that it computes for your picture. From left to right stands each
step, with its four strongest maps. Choose a step, then a map, then a number: you see which part of the picture that
number was made of, its **receptive field**, and the arithmetic behind it. Near the picture the fields are small and
the maps show edges; further right each number sees more of the picture, and the maps say less *where* and more *what*.
"""

_TRIES = (
    Try(
        "Find the edges",
        "The first convolution: each map is the picture through a kernel of its own.",
        {LAYER: None, MAP: None, PAGE: None},
    ),
    Try(
        "See what the answer is made of",
        "The last step: each class's score is a weighted sum. Choose a class, and follow its number back.",
        {LAYER: "logits", MAP: None, PAGE: None},
    ),
    Try(
        "Ask a filter what it likes",
        "Below the arithmetic: the training images that excite it most, and one that was made for it.",
        {LAYER: None, MAP: None, PAGE: None, "excites": "1"},
        EXCITES,
    ),
)


def your_network() -> Shown:
    """Show the view. Nothing is drawn above it: the network itself is. Imports TensorFlow.

    Raises:
        RunError: The run has no network, or it cannot be walked through.
    """
    lesson("Your network, opened", _TEXT, _TRIES)
    with st.container(border=True):
        left, right = st.columns([4, 7], gap="medium")
        with left:
            picture = choose_picture()
        with right:
            run = choose_run("model", on_choose=_go_to)
            epoch = choose_epoch(run)
    prepared = prepared_for(picture, run)
    if prepared is None:
        return Shown()
    with st.spinner("Asking the network…"):
        subject = subject_of(run, epoch, prepared)
        station = _station(subject)
        maps = subject.around(station)
    with st.container(border=True):
        head(subject, maps)
        if subject.is_adapted:
            st.caption(
                "This is a photo or a drawing, and the network was taught such: some of its weights, those of the last "
                "layer, of batch normalisation and mostly of the first blocks, are there twice. These are the ones for "
                "pictures."
            )
    with st.container(border=True):
        strip(subject, _shown(subject, station), station, on_choose=_choose)
    with st.container(border=True, key=WORK):
        panel(subject, station, maps)
    return Shown()


def _go_to(run_id: str) -> None:
    # Another network has other layers.
    choose(**{"run": run_id, "filter": None, "class": None, LAYER: None, MAP: None, PAGE: None, EPOCH: None})


def _choose(name: str) -> None:
    choose(**{LAYER: name, MAP: None, PAGE: None})


def _station(subject: Subject) -> Station:
    """The station that the address asks for; the first convolution where it asks for none."""
    names = [station.name for station in subject.stations]
    asked = st.query_params.get(LAYER)
    if asked in names:
        return subject.walk.station(asked)
    if asked is not None:
        correct(LAYER, None, f"this network has no layer “{shortened(asked)}”")
    kinds = [station.kind for station in subject.stations]
    for kind in ("convolution", "dense"):
        if kind in kinds:
            return subject.stations[kinds.index(kind)]
    return subject.stations[-1]


def _shown(subject: Subject, chosen: Station) -> list[Station]:
    every, main = every_station(subject.stations), main_stations(subject.stations)
    stations = main
    asked = one_of(_STEPS, (_ALL, ""), default="")
    if len(main) < len(every):
        st.session_state["network-steps"] = asked == _ALL
        words = f"Show all {len(every)} steps"
        if st.toggle(words, key="network-steps", on_change=_write_steps, help="Not only what each part ends with"):
            stations = every
    names = {station.name for station in stations} | {chosen.name}
    return [station for station in subject.stations if station.name in names]


def _write_steps() -> None:
    change({_STEPS: _ALL if st.session_state["network-steps"] else None})
