"""The answer for one picture, made once: a page runs again at every click, the picture stays the same."""

from __future__ import annotations

import hashlib

import streamlit as st

from cnn_core.images.choices import AUTOMATIC, Choices
from cnn_core.images.decode import Picture
from cnn_core.inference.classifier import Answer
from cnn_core.runs.directory import Run
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
    return _answer(picture_key(picture), cached.classifier_key(run), choices, _picture=picture, _run=run)


def picture_key(picture: Picture) -> str:
    """What a picture shows and is called, as a short word that stays the same while it does."""
    digest = hashlib.blake2b(picture.rgb, digest_size=12)
    digest.update(repr((picture.name, picture.rgb.shape)).encode())
    if picture.alpha is not None:
        digest.update(picture.alpha)
    return digest.hexdigest()


# An answer holds its picture and its stages, up to 10 MB.
@st.cache_resource(max_entries=24, show_spinner=False)
def _answer(
    picture: str,  # noqa: ARG001 - the cache's key
    network: tuple[object, ...],  # noqa: ARG001 - the cache's key
    choices: Choices,
    _picture: Picture,
    _run: Run,
) -> Answer:
    return cached.classifier(_run).classify(_picture, choices)
