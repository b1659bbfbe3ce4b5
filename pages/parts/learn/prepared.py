"""The picture as a network gets it."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import PictureError
from cnn_core.images.prepare import Prepared, prepare
from cnn_core.runs.directory import Run
from pages.parts.learn.picture import ShownPicture
from pages.parts.words import plain


def prepared_for(picture: ShownPicture, run: Run) -> Prepared | None:
    """The picture in the size and the tones of a run's dataset; ``None``, and a message, where nothing is in it."""
    try:
        return prepare(picture.picture, run.record().data.frame)
    except PictureError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        return None
