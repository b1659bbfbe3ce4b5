"""A random image of the run's test set, whose label is known. Which one lives in the address (``?image=…``)."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnn_core.errors import DatasetError, PictureError, RunError
from cnn_core.images.decode import Picture, picture_from_array
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback_file import picture_key
from pages.parts import cached
from pages.parts.classify.answered import answer_of
from pages.parts.classify.choices_form import choices_of
from pages.parts.words import plain

_PARAMETER = "image"
_ONLY_ERRORS = "only-errors"


@dataclass(frozen=True)
class TestImage:
    """A test image and the name of its class."""

    picture: Picture
    label: str


def choose_test_image(run: Run) -> TestImage | None:
    """Let a person look at one test image after the other; ``None``, and a message, where there are none."""
    try:
        found = cached.test_set(run)
    except DatasetError as error:
        st.info(plain(str(error)), icon=":material/image_not_supported:")
        return None
    mistakes = _mistakes(run, len(found.labels))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        only_errors = st.toggle(
            "Only those that it got wrong",
            key=_ONLY_ERRORS,
            disabled=not len(mistakes),
            persist_state="session",
            help=None if len(mistakes) else "Without an evaluation it is not known which, or there are none.",
        )
        choice = mistakes if only_errors and len(mistakes) else np.arange(len(found.labels))
        st.button("Another", icon=":material/casino:", on_click=_choose, args=(choice,), key="another")
    index = _asked(choice, len(found.labels))
    return TestImage(
        picture_from_array(found.images[index], f"test image {index:,}"),
        run.record().data.class_names[int(found.labels[index])],
    )


def show_label(image: TestImage, run: Run) -> None:
    """Say what the image is, and whether the answer below, with what was decided by hand, is right."""
    name = plain(image.picture.name.capitalize())
    try:
        said = answer_of(image.picture, run, choices_of(picture_key(image.picture))).best.label
    except PictureError:
        # By hand one may have cut away all that there was: the answer says so.
        st.info(f"{name} is labelled **{plain(image.label)}**.", icon=":material/label:")
        return
    if said == image.label:
        st.success(f"{name} is labelled **{plain(image.label)}**: the network is right.", icon=":material/check:")
    else:
        st.error(
            f"{name} is labelled **{plain(image.label)}**: the network took it for **{plain(said)}**.",
            icon=":material/close:",
        )


def _mistakes(run: Run, count: int) -> np.ndarray:
    """(n,) int64: the test images that the run got wrong; none where that is not known."""
    try:
        answers = cached.predictions(run)
    except RunError:
        return np.arange(0)
    return np.flatnonzero(~answers.is_right) if len(answers) == count else np.arange(0)


def _asked(choice: np.ndarray, count: int) -> int:
    """The image in the address; another one, put there, where it names none of these."""
    asked = st.query_params.get(_PARAMETER, "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) < 10
    if not is_number or int(asked) not in choice:
        if asked and not (is_number and int(asked) < count):
            st.warning(
                f"The address asks for a test image that is not there: they are numbered 0 to {count - 1:,}. "
                "Another one is shown.",
                icon=":material/link_off:",
            )
        _choose(choice)
    return int(st.query_params[_PARAMETER])


def _choose(choice: np.ndarray) -> None:
    st.query_params[_PARAMETER] = str(random.choice(choice.tolist()))
