"""The stations of a network from left to right, each with its strongest maps; one of them is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.figures.map_picture import map_picture
from cnn_core.learn.map_pictures import strongest_first
from cnn_core.learn.stations import Maps, Station
from pages.parts.code_file import CodeFile, loader
from pages.parts.gallery import data_uri
from pages.parts.learn.network.walked import Key, Subject

_CODE = CodeFile(Path(__file__).with_name("strip.js"))
_CSS = Path(__file__).with_name("strip.css").read_text()
_HOST = "cnn-lab-strip"
# Maps of a station, and the side of each in pixels; those that have shrunk are drawn smaller.
_SHOWN, _SIDE, _SMALLEST, _GAP = 4, 50, 18, 3
# A long row of numbers is drawn as a column of this size.
_COLUMN = (16, 209)


@st.cache_resource(show_spinner=False)
def _component() -> st.components.v2.types.ComponentRenderer:
    html = f'<div class="{_HOST}" role="group"></div>'
    return st.components.v2.component("cnn_lab_strip", html=html, css=_CSS, js=loader(_HOST), isolate_styles=False)


def strip(subject: Subject, shown: Sequence[Station], chosen: Station, *, on_choose: Callable[[str], None]) -> None:
    """Show the stations, and which one is looked at.

    Args:
        subject: The network and the picture.
        shown: The stations from left to right, the chosen one among them.
        chosen: The one that is looked at.
        on_choose: Called with the name of the one that is chosen, once, as a callback before the page runs again.

    Raises:
        RunError: The network does not answer with numbers.
    """
    names = [station.name for station in shown]

    def take_over() -> None:
        # Of these alone: anything may come from a browser.
        if (name := st.session_state["network-strip"].get("choose")) in names:
            on_choose(str(name))

    images = _images(subject.key, tuple(names), subject.image.tobytes(), _subject=subject)
    stations = [
        {"name": station.name, "title": station.title.partition(",")[0], "size": size_of(station), "image": image}
        for station, image in zip(shown, images, strict=True)
    ]
    data = {
        "code": _CODE.address,
        "label": "The network from left to right. The arrow keys lead along it, Enter chooses a step.",
        "stations": stations,
        "chosen": chosen.name,
    }
    _component()(key="network-strip", data=data, height="content", on_choose_change=take_over)


def size_of(station: Station) -> str:
    """How many numbers a station gives: "28×28, 32 maps"."""
    if not station.has_maps:
        return f"{station.shape[0]:,} numbers"
    height, width, count = station.shape
    maps = {1: "1 map"}.get(count, f"{count:,} maps") if station.sources else {3: "3 colours"}.get(count, "1 channel")
    return f"{width}×{height}, {maps}"


@st.cache_resource(max_entries=32, show_spinner="Drawing the maps…")
def _images(key: Key, names: tuple[str, ...], image: bytes, _subject: Subject) -> list[str]:  # noqa: ARG001 - the cache's key
    # Not by way of what is kept: all stations of a large network take much memory.
    maps = _subject.walk.maps(_subject.image, names)
    sides = max(_subject.image.shape[:2])
    return [data_uri(_picture(_subject, _subject.walk.station(name), maps, sides)) for name in names]


def _picture(subject: Subject, station: Station, maps: Maps, sides: int) -> np.ndarray:
    values = maps[station.name]
    if not station.sources:
        return _sized(subject.image[..., 0] if subject.image.shape[2] == 1 else subject.image, _SIDE)
    if not station.has_maps:
        column = map_picture(values[:, None], is_signed=bool((values < 0).any()))
        return np.asarray(Image.fromarray(column).resize(_COLUMN, Image.Resampling.BOX))
    is_signed = bool((values < 0).any())
    side = max(_SMALLEST, round(_SIDE * max(values.shape[:2]) / sides))
    strongest = strongest_first(values)[:_SHOWN]
    limit = float(np.abs(values).max())
    return _stacked(
        [_sized(map_picture(values[..., one], is_signed=is_signed, limit=limit), side) for one in strongest]
    )


def _sized(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture whose longer side has so many pixels."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    share = side / max(image.size)
    how = Image.Resampling.NEAREST if share >= 1 else Image.Resampling.BOX
    return np.asarray(image.resize((max(1, round(image.width * share)), max(1, round(image.height * share))), how))


def _stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures of one size below each other, with gaps that are transparent."""
    height, width = pictures[0].shape[:2]
    stack = np.zeros((len(pictures) * (height + _GAP) - _GAP, width, 4), np.uint8)
    for number, picture in enumerate(pictures):
        stack[number * (height + _GAP) :][:height] = picture
    return stack
