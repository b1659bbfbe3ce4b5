"""What excites a filter most: images of the dataset, and one that is made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cnn_core.errors import DatasetError
from cnn_core.learn.exciting_sample import sample_numbers
from cnn_core.learn.numbers import figure
from cnn_core.learn.receptive import ReceptiveField
from cnn_core.learn.stations import Station
from pages.parts import explained
from pages.parts.gallery import Tile, gallery
from pages.parts.learn.network.walked import Key, Subject
from pages.parts.words import plain

if TYPE_CHECKING:
    from cnn_core.learn.ascent import MadeImage

_COUNT = 6
_FRAME = np.array([111, 103, 240], np.uint8)
# The longer side of a picture with a frame in it, at least, in pixels.
_DRAWN_SIDE = 168


def excited(subject: Subject, station: Station, number: int) -> None:
    """Show what excites a filter, or a unit, of a station most.

    Args:
        subject: The network.
        station: Not the picture.
        number: Of the filter, from 0.
    """
    made, found = st.columns([1, 3], gap="large")
    with made:
        st.markdown("**Made for it**")
        _made(subject, station, number)
    with found:
        st.markdown("**Found among the training images**")
        _found(subject, station, number)


def _made(subject: Subject, station: Station, number: int) -> None:
    one = _image_for(subject.key, station.name, number, _subject=subject)
    if one.is_dead:
        st.info("Nothing that was tried moves this number: the filter is silent.", icon=":material/volume_off:")
        return
    gallery([Tile(framed(one.image, one.field), figure(one.value), (f"from {figure(one.start)} for noise",))])
    st.caption(
        "From noise, each pixel was moved step by step to where the number grows: gradient ascent. In the frame lies "
        "what the number sees."
    )


@st.cache_resource(max_entries=256, show_spinner="Making an image for it…")
def _image_for(key: Key, name: str, number: int, _subject: Subject) -> MadeImage:  # noqa: ARG001 - the cache's key
    return _subject.network.ascent(name).images([number])[0]


def _found(subject: Subject, station: Station, number: int) -> None:
    try:
        training = explained.training_images(subject.run)
    except DatasetError as error:
        st.info(plain(str(error)), icon=":material/image_not_supported:")
        return
    numbers = sample_numbers(len(training.images), subject.image.shape)
    images, bar = training.images, st.empty()
    strongest = _strongest(subject.key, station.name, _subject=subject, _images=images, _numbers=numbers, _bar=bar)
    bar.empty()
    if strongest.values[number].max() == strongest.values[number].min():
        st.info("All images give the same number here: the filter tells them not apart.", icon=":material/volume_off:")
        return
    names = subject.class_names
    tiles = []
    for one in strongest.of_filter(number):
        at = int(numbers[one.index])
        told = figure(one.value), f"image {at:,}"
        tiles.append(Tile(framed(images[at], one.field), names[training.labels[at]], told))
    gallery(tiles)
    among = "all" if len(numbers) == len(images) else f"{len(numbers):,} by chance of the"
    st.caption(f"The largest of all numbers of the map, among {among} {len(images):,} training images.")


@st.cache_resource(max_entries=32, show_spinner=False)
def _strongest(key: Key, name: str, _subject: Subject, _images: np.ndarray, _numbers: np.ndarray, _bar):  # type: ignore[no-untyped-def]  # noqa: ARG001 - the cache's key
    from cnn_core.learn.exciting import strongest_images

    def on_share(share: float) -> None:
        _bar.progress(share, text=f"Looking through {len(_numbers):,} training images: {share:.0%}")

    return strongest_images(_subject.walk, name, np.asarray(_images[_numbers]), _COUNT, on_share)


def framed(image: np.ndarray, field: ReceptiveField) -> np.ndarray:
    """An image with a frame around what a number sees of it.

    Args:
        image: (H, W, 1) or (H, W, 3) uint8.
        field: In its pixels. One that holds the whole image is not drawn.

    Returns:
        (H', W', 3) uint8: each pixel is a square of equal ones, so that the frame is thin.
    """
    height, width = image.shape[:2]
    times = max(1, -(-_DRAWN_SIDE // max(height, width)))
    colour = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    large = np.repeat(np.repeat(colour, times, axis=0), times, axis=1)
    if (field.bottom - field.top, field.right - field.left) == (height, width) or field.bottom <= field.top:
        return large
    top, bottom, left, right = (side * times for side in (field.top, field.bottom, field.left, field.right))
    thick = max(2, times // 2)
    inside = large[top + thick : bottom - thick, left + thick : right - thick].copy()
    large[top:bottom, left:right] = _FRAME
    large[top + thick : bottom - thick, left + thick : right - thick] = inside
    return large
