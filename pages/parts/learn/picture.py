"""The picture that the page computes with: an image of a dataset, an upload, or a drawing.

Which one lives in the address (``?picture=fashion-mnist&image=0``). An upload and a drawing cannot: they stay in the
session, over all views of the page.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import streamlit as st

from cnn_core.data.catalogue import dataset_names, dataset_titles
from cnn_core.data.dataset import Dataset
from cnn_core.data.load import ready_names
from cnn_core.errors import PictureError
from cnn_core.images.decode import Picture, decode_picture, picture_from_array
from cnn_core.images.formats import READ
from cnn_core.learn.grey_picture import GreyPicture, grey_picture
from pages.parts import cached
from pages.parts.address import correct, one_of, shortened, whole_number
from pages.parts.classify.draw import PAPER_SIDE, draw, drawn
from pages.parts.classify.paste import paste_button
from pages.parts.learn.views import choose
from pages.parts.words import plain

_UPLOAD, _DRAWING = "upload", "drawing"
_SOURCE, _IMAGE = "picture", "image"
_FILE, _KEPT = "learn-file", "learn-uploaded"
_OWN = {_UPLOAD: "Upload a picture", _DRAWING: "Draw one"}
_MAX_MEGABYTES = 50


@dataclass(frozen=True, eq=False)
class ShownPicture:
    """What the page computes with.

    Attributes:
        picture: As it came.
        grey: As the small table of numbers that the views compute with.
        words: What it is: "Training image 0 of Fashion-MNIST: Ankle boot".
        of_dataset: The dataset and the index of the training image that it is; of an upload or a drawing the first
            one of the dataset that the page begins with.
    """

    picture: Picture
    grey: GreyPicture
    words: str
    of_dataset: tuple[Dataset, int]


def choose_picture() -> ShownPicture:
    """Let a person choose a picture, and say what was done to it to make a small table of numbers of it."""
    ready = ready_names()
    source = _source(ready)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choose_source(source, ready)
        if source in ready:
            st.button("Another one", icon=":material/casino:", on_click=_another, args=(source,), key="learn-another")
    if source == _UPLOAD:
        _upload()
    elif source == _DRAWING:
        with st.container(width=PAPER_SIDE):
            draw()
    shown = shown_picture()
    if source not in ready and not _own(source):
        what = "Draw something" if source == _DRAWING else "Bring a picture"
        st.info(f"{what}: it takes the place of this one, {plain(shown.words)}.", icon=":material/image:")
    changes = f" It was {' and '.join(shown.grey.changes)}, so that each number can be seen." * bool(shown.grey.changes)
    st.caption(plain(f"{shown.words}.{changes}"))
    return shown


def shown_picture() -> ShownPicture:
    """The picture that is chosen; one of a dataset where an upload or a drawing is not there yet."""
    ready = ready_names()
    source = _source(ready)
    if own := _own(source):
        words = "Your drawing" if source == _DRAWING else own.name
        return ShownPicture(own, grey_picture(own.rgb, own.size), words, (cached.dataset(ready[0]), 0))
    return _of_dataset(source if source in ready else ready[0])


def is_not_in_address() -> bool:
    """Whether the picture is an upload or a drawing, which no link carries."""
    return st.query_params.get(_SOURCE) in _OWN


def default_dataset() -> str:
    """The dataset that the page begins with."""
    return ready_names()[0]


def _source(ready: tuple[str, ...]) -> str:
    asked = st.query_params.get(_SOURCE)
    if asked in dataset_names() and asked not in ready:
        correct(_SOURCE, None, f"the dataset “{shortened(asked)}” is not on this machine")
        return ready[0]
    return one_of(_SOURCE, (*ready, *_OWN), default=ready[0])


def _choose_source(source: str, ready: tuple[str, ...]) -> None:
    titles = dataset_titles()
    st.session_state["learn-picture"] = source
    st.selectbox(
        "Picture",
        [*ready, *_OWN],
        format_func={**titles, **_OWN}.__getitem__,
        key="learn-picture",
        on_change=_write_source,
    )


def _write_source() -> None:
    choose(**{_SOURCE: st.session_state["learn-picture"], _IMAGE: None})


def _another(name: str) -> None:
    count = len(cached.dataset(name).train_labels)
    choose(**{_SOURCE: name, _IMAGE: str(random.randrange(count))})


def _of_dataset(name: str) -> ShownPicture:
    dataset = cached.dataset(name)
    index = whole_number(_IMAGE, default=0, most=len(dataset.train_labels) - 1)
    pixels = dataset.train_images[index]
    words = f"Training image {index:,} of {dataset.title}: {dataset.class_names[dataset.train_labels[index]]}"
    return ShownPicture(picture_from_array(pixels, words), grey_picture(pixels), words, (dataset, index))


def _upload() -> None:
    file = st.file_uploader(
        "A photo, a drawing, any picture",
        max_upload_size=_MAX_MEGABYTES,
        key=_FILE,
        on_change=_forget_removed,
        help=f"{READ} files of up to {_MAX_MEGABYTES} MB.",
    )
    paste_button(_FILE)
    # Without one it may be that the uploader has just come back from another view: what it had is kept.
    if file is None or st.session_state.get(_KEPT, ("",))[0] == file.file_id:
        return
    try:
        st.session_state[_KEPT] = file.file_id, decode_picture(file.getvalue(), file.name)
    except PictureError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")


def _forget_removed() -> None:
    if st.session_state[_FILE] is None:
        st.session_state.pop(_KEPT, None)


def _own(source: str) -> Picture | None:
    """The upload or the drawing; ``None`` where there is none, or none is asked for."""
    if source == _UPLOAD:
        kept = st.session_state.get(_KEPT)
        return None if kept is None else kept[1]
    pictures = drawn() if source == _DRAWING else []
    return pictures[0] if pictures else None
