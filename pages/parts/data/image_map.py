"""The images of a dataset on a map: what looks alike lies together. Hover shows an image, a click opens it."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.image_map import KIND, ImageMap, MapResult, draw_images, linear_map, read_map
from cnn_core.figures.image_map import MOST_COLOURED, class_colours, map_drawing
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import find_done, find_job, start_job
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.boundary import errors_toasted
from pages.parts.data.class_choice import point_out_classes
from pages.parts.data.map_chart import map_chart
from pages.parts.data.map_sheet import sheet_link
from pages.parts.data.one_image import open_image, show_open_image
from pages.parts.job_view import JobView
from pages.parts.words import duration, plain

_PARAMETER = "map"
_LINEAR, _NEIGHBOURS = "linear", "neighbours"
_WAYS = {_LINEAR: "Linear (PCA)", _NEIGHBOURS: "Neighbours (t-SNE)"}
_LINEAR_HELP = (
    "**Linear**: the plane in which the pixels of the images differ most, there at once. "
    "**Neighbours**: images are moved about until each has those beside it that look most like it; that takes "
    "half a minute, once. Its groups mean something, its distances between groups do not."
)


def image_map(card: DatasetCard) -> None:
    """Show the map that is chosen, and the image that is open."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        way = _choose_way(card)
    with right:
        chosen = point_out_classes(card, most=MOST_COLOURED)
    if way == _LINEAR:
        _show(card, chosen, _linear(card.name, card.checksum))
    else:
        _show_neighbours(card, chosen)


def _choose_way(card: DatasetCard) -> str:
    st.session_state[_PARAMETER] = one_of(_PARAMETER, tuple(_WAYS), default=_LINEAR)
    way: str = st.segmented_control(
        "Arranged by",
        list(_WAYS),
        format_func=_WAYS.__getitem__,
        key=_PARAMETER,
        required=True,
        help=_LINEAR_HELP,
        on_change=_write_way,
        args=(card,),
    )
    return way


def _write_way(card: DatasetCard) -> None:
    way = st.session_state[_PARAMETER]
    change({_PARAMETER: None if way == _LINEAR else way, "image": None})
    # Who chooses it wants it made; who only follows a link is asked.
    if way == _NEIGHBOURS and find_job(KIND, card.checksum) is None:
        _start(card)


def _start(card: DatasetCard) -> None:
    with errors_toasted():
        start_job(KIND, card.checksum, {"dataset": card.name})


def _show_neighbours(card: DatasetCard, chosen: list[int]) -> None:
    if job := find_done(KIND, card.checksum):
        result = job.read_result(MapResult)
        _show(card, chosen, _made(str(job.path), _job=job), made_in=result.seconds)
        return

    def button(label: str = "Try again") -> None:
        st.button(label, icon=":material/scatter_plot:", type="primary", on_click=_start, args=(card,), key="map-start")

    def offer() -> None:
        st.markdown("This map is made once, in about half a minute. Meanwhile, here is the linear one.")
        button("Make the map")

    JobView(
        key=KIND,
        find=lambda: find_job(KIND, card.checksum),
        offer=offer,
        # Drawn by the page itself, which runs again when the work is done.
        result=lambda _job: None,
        retry=button,
        doing="Arranging the images",
        failed="The map could not be made.",
    ).show()
    _show(card, chosen, _linear(card.name, card.checksum))


def _show(card: DatasetCard, chosen: list[int], found: ImageMap, *, made_in: float | None = None) -> None:
    labels = cached.dataset(card.name).train_labels[found.places]
    colours = class_colours(labels, len(card.class_names), chosen)
    map_chart(
        map_drawing(found.points, labels, card.class_names, colours),
        found.places,
        sheet_link(card),
        shape=f"{card.checksum}-{'linear' if made_in is None else 'neighbours'}",
        what="training image",
        key="image-map",
        on_open=open_image,
        alt=f"Map of {len(labels):,} training images of {plain(card.title)}. Arrow keys go from image to image, Enter "
        "opens one.",
    )
    st.caption(_in_words(card, found, made_in))
    show_open_image(card, "train", found.places)


def _in_words(card: DatasetCard, found: ImageMap, made_in: float | None) -> str:
    count = len(found.places)
    of = "All" if count == card.train_count else f"{count:,} of {card.train_count:,}"
    words = f"{of} training images" + ("" if count == card.train_count else ", the same share of each class")
    if found.explained is not None:
        words += f". The two axes show {found.explained:.0%} of what the pixels differ in"
    if made_in is not None:
        words += f". Arranged by t-SNE in {duration(made_in)}"
    return f"{words}. Drag to move, Ctrl and the wheel or a double click to zoom, a click on an image opens it."


@st.cache_resource(max_entries=8, show_spinner="Comparing the images…")
def _linear(name: str, checksum: str) -> ImageMap:  # noqa: ARG001 - the cache's key
    return linear_map(draw_images(cached.dataset(name)))


@st.cache_resource(max_entries=8, show_spinner=False)
def _made(path: str, _job: Job) -> ImageMap:  # noqa: ARG001 - the cache's key
    return read_map(_job)
