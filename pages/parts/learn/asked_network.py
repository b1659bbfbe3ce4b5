"""What a trained network makes of the picture: what it sees of it, and the numbers of its last layer."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import PictureError
from cnn_core.images.prepare import Prepared, prepare
from cnn_core.learn.last_layer_values import LastLayer
from cnn_core.runs.directory import Run
from pages.parts import cached
from pages.parts.learn.picture import ShownPicture
from pages.parts.words import plain


def prepared_for(picture: ShownPicture, run: Run) -> Prepared | None:
    """The picture as the network sees it; ``None``, and a message, where there is nothing in it."""
    try:
        return prepare(picture.picture, run.record().data.frame)
    except PictureError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        return None


def last_layer(run: Run, prepared: Prepared) -> LastLayer:
    """The numbers of the last layer for a picture. Imports TensorFlow.

    Raises:
        RunError: The run has no network, or its answer cannot be worked out.
    """
    return _reader(cached.classifier_key(run), _run=run).read(prepared.image)


@st.cache_resource(max_entries=4, show_spinner=False)
def _reader(key: tuple[object, ...], _run: Run):  # type: ignore[no-untyped-def]  # noqa: ARG001
    from cnn_core.learn.last_layer import LastLayerReader

    return LastLayerReader(cached.network(_run).model)
