"""One station of the network: its maps, one of them in large, and the arithmetic of one number."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.learn.arithmetic import explain
from cnn_core.learn.map_pictures import strongest_first
from cnn_core.learn.numbers import figure
from cnn_core.learn.operations import Convolve, Kind
from cnn_core.learn.origins import origin_of
from cnn_core.learn.stations import Maps, Station
from pages.parts.address import change, whole_number
from pages.parts.gallery import Tile
from pages.parts.learn.network.epoch import keep_in_sight
from pages.parts.learn.network.excited import excited
from pages.parts.learn.network.kernels import show_kernels
from pages.parts.learn.network.lens import lens, place_of, sheet_shape
from pages.parts.learn.network.map_tile import map_tile
from pages.parts.learn.network.strip import size_of
from pages.parts.learn.network.walked import Subject
from pages.parts.learn.network.written_out import place_in_words, written_out
from pages.parts.learn.place import Place, look_at, place_asked
from pages.parts.learn.sums import SUMS_CSS
from pages.parts.learn.views import EXCITES, LAYER, MAP, PAGE, PLACE, choose
from pages.parts.pager import one_page
from pages.parts.tiles import clickable_gallery
from pages.parts.words import plain

_MAPS_ON_A_PAGE = 16
_EXCITES = "excites"

# What each kind of station does, for somebody who has seen the views before.
_WHAT: dict[Kind, str] = {
    "image": "The picture: brightnesses from 0 to 255.",
    "scale": "Every number is divided or shifted by the same amount, so that all are small.",
    "enlarge": "The picture is stretched to a larger size.",
    "pad": "Zeros are put around each map.",
    "join": "Maps of two ways are put beside each other.",
    "convolution": "Each filter slides its kernels over all maps that come in and adds up: one map comes of it.",
    "depthwise": "Each map that comes in has one kernel of its own: the maps are not mixed.",
    "normalisation": "Each map is shifted and scaled to about the range that it had in training.",
    "activation": "Each number goes through the same curve.",
    "pooling": "Of each window one number is kept: the maps shrink.",
    "average": "Of each map only the mean is kept.",
    "add": "A shortcut: the maps from before are added to what was made of them.",
    "flatten": "All maps are laid out as one long row of numbers.",
    "dense": "Each result is a weighted sum of all numbers that come in.",
    "dropout": "In training some numbers are dropped at random; here nothing is changed.",
    "other": "This step is not explained here; its numbers are shown.",
}


def panel(subject: Subject, station: Station, maps: Maps) -> None:
    """Show a station; what is looked at of it is in the address.

    Args:
        subject: The network and the picture.
        station: One of its stations.
        maps: Its numbers, and those of the stations that feed it.
    """
    values = maps[station.name]
    st.subheader(plain(station.title), anchor=False)
    inputs = " and ".join(plain(subject.title_of(name)) for name in station.sources)
    st.markdown(f"{_WHAT[station.kind]} :small[{size_of(station)}{f', from **{inputs}**' if inputs else ''}.]")
    number = _choose_map(station, values) if station.has_maps else 0
    shown = values[..., number] if station.has_maps else values
    at = place_asked(*sheet_shape(station), default=_strongest(station, shown), count=shown.size)
    keep_in_sight(number, at)
    title = f"Map {number + 1} of {station.shape[2]}" if station.has_maps else f"{station.shape[0]:,} numbers"
    limit = float(np.abs(values).max()) or 1.0
    names = subject.class_names if station is subject.stations[-1] else ()
    lens(subject, station, shown, title, number=number, at=at, limit=limit, names=names, on_choose=look_at)
    place = place_of(station, at, number)
    _arithmetic(subject, station, maps, place)
    if isinstance(station.operation, Convolve):
        show_kernels(station.operation, number)
    if station.sources:
        _excites(subject, station, place[-1])


def _choose_map(station: Station, values: np.ndarray) -> int:
    """Let a person choose one of the maps, the strongest first; which one is looked at."""
    order = strongest_first(values).tolist()
    number = whole_number(MAP, default=order[0] + 1, least=1, most=len(order)) - 1
    if len(order) == 1:
        return 0
    strength = np.abs(values).mean(axis=(0, 1))
    limit = float(np.abs(values).max()) or 1.0
    is_signed = bool((values < 0).any())
    hint = "The strongest first: by the mean of their numbers, signs left aside. Choose one to see it in large"
    page = one_page(order, size=_MAPS_ON_A_PAGE, what="maps", key=f"maps-{station.name}", hint=hint)
    tiles = [
        Tile(
            map_tile(values[..., one], is_signed=is_signed, limit=limit),
            f"Map {one + 1}" + (" ◀" if one == number else ""),
            (figure(float(strength[one]), 3),),
            id=one,
            alt=f"Map {one + 1}, strength {figure(float(strength[one]), 3)}" + (", shown in large" * (one == number)),
        )
        for one in page
    ]
    clickable_gallery(tiles, key="network-maps", on_open=_write_map, label="Feature maps")
    return number


def _write_map(number: int) -> None:
    # The same place of another map: so maps can be compared.
    change({MAP: str(number + 1)})


def _strongest(station: Station, shown: np.ndarray) -> Place:
    row, column = divmod(int(np.abs(shown).argmax()), sheet_shape(station)[1])
    return row, column


def _arithmetic(subject: Subject, station: Station, maps: Maps, place: tuple[int, ...]) -> None:
    explanation = explain(station, maps, place)
    origin = origin_of(explanation, place)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = place_in_words(place) + subject.class_in_words(station, place)
        st.markdown(f"**How {plain(words)} comes about**", width="content")
        if origin is not None:
            name, where = origin
            st.button(
                "Follow it back",
                icon=":material/arrow_back:",
                type="tertiary",
                key="network-back",
                on_click=_go_to,
                args=(subject.before_dropout(name), where),
                help=f"To {place_in_words(where)} of {plain(subject.title_of(name))}: it counted most.",
            )
    st.html(SUMS_CSS + written_out(explanation, subject.title_of))
    st.caption("Numbers are rounded here, not in the sum.")


def _go_to(station: Station, place: tuple[int, ...]) -> None:
    if station.has_maps:
        row, column, number = place
        choose(**{LAYER: station.name, MAP: str(number + 1), PAGE: None, PLACE: f"{row + 1}.{column + 1}"})
        return
    row, column = divmod(place[0], sheet_shape(station)[1])
    choose(**{LAYER: station.name, MAP: None, PAGE: None, PLACE: f"{row + 1}.{column + 1}"})


def _excites(subject: Subject, station: Station, number: int) -> None:
    st.session_state["network-excites"] = whole_number(_EXCITES, default=0, most=1) == 1
    what = f"filter {number + 1}" if station.has_maps else f"number {number + 1}"
    what += subject.class_in_words(station, (number,))
    with st.container(key=EXCITES):
        if st.toggle(plain(f"Show what excites {what} most"), key="network-excites", on_change=_write_excites):
            excited(subject, station, number)


def _write_excites() -> None:
    change({_EXCITES: "1" if st.session_state["network-excites"] else None})
