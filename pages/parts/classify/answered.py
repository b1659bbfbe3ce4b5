"""The answer for one picture, made once: a page runs again at every click, the picture stays the same."""

from __future__ import annotations

import streamlit as st

from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback_file import picture_key
from pages.parts import cached


def answer_of(picture: Picture, run: Run, choices: Choices = AUTOMATIC) -> Answer:
    """What a run's network says of a picture. Imports TensorFlow.

    Args:
        picture: Any picture.
        run: A run with a network.
        choices: What a person decided by hand on the way to the network.

    Raises:
        PictureError: There is nothing in the picture.
        RunError: The run has no network, or its files are damaged.
    """
    return _answer(picture_key(picture), picture.name, cached.classifier_key(run), choices, _picture=picture, _run=run)


# An answer holds its picture and its stages, up to 10 MB.
@st.cache_resource(max_entries=24, show_spinner=False)
def _answer(
    picture: str,  # noqa: ARG001 - the cache's key
    name: str,  # noqa: ARG001 - the cache's key: the answer holds it
    network: tuple[object, ...],  # noqa: ARG001 - the cache's key
    choices: Choices,
    _picture: Picture,
    _run: Run,
) -> Answer:
    return cached.classifier(_run).classify(_picture, choices)
