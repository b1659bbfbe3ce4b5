"""One test image: what the network saw in it, and what it learned from that looks like it."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from cnn_core.evaluation.label_issues import find_label_issues
from cnn_core.evaluation.predictions import Predictions
from cnn_core.explain.neighbours import Answered
from pages.parts import cached
from pages.parts.address import change, correct, parsed_whole_number, shortened
from pages.parts.bars import BARS_CSS, Bar, bars_list
from pages.parts.boundary import errors_told
from pages.parts.evaluate.image_explained import show_grad_cam
from pages.parts.evaluate.subject import Subject
from pages.parts.explained import ExplainedNetwork
from pages.parts.explanation import show_neighbours
from pages.parts.gallery import data_uri
from pages.parts.steps import steps
from pages.parts.words import plain

_PARAMETER = "image"

_CSS = """
<style>
.cnn-lab-large { width: 100%; max-width: 280px; display: block; border-radius: .5rem; image-rendering: pixelated;
  border: 1px solid rgba(128, 128, 148, .35); }
</style>
"""


def open_image(index: int) -> None:
    """Open a test image at the next run of the page; for callbacks."""
    change({_PARAMETER: str(index)})


def show_open_image(subject: Subject, among: Sequence[int]) -> None:
    """Show the image that the address asks for, if any, over the page.

    Args:
        subject: The page's run.
        among: The images that the view shows, on all its pages, in their order: "Previous" and "Next" go through them
            where the open one is among them, else through all.
    """
    asked = st.query_params.get(_PARAMETER)
    if asked is None:
        return
    with errors_told():
        count = len(subject.predictions())
        index = parsed_whole_number(asked)
        if index is None or index >= count:
            why = f"there is no test image “{shortened(asked)}”: this run was tested on {count:,}, counted from 0"
            correct(_PARAMETER, None, why)
        else:
            _dialog(subject, among if index in among else range(count))


def _close() -> None:
    change({_PARAMETER: None})


@st.dialog("Test image", width="large", on_dismiss=_close, icon=":material/image_search:")
def _dialog(subject: Subject, among: Sequence[int]) -> None:
    with errors_told():
        predictions = subject.predictions()
        index = parsed_whole_number(st.query_params.get(_PARAMETER, ""))
        if index not in among:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            with st.container(width="stretch", gap=None):
                _headline(subject, predictions, index)
            steps(among.index(index), len(among), lambda place: open_image(among[place]))
        images = cached.test_images(subject.run)
        image = None if images is None else images[index]
        true, predicted = int(predictions.labels[index]), int(predictions.predicted[index])
        picture, bars, maps = st.columns([3, 4, 5], gap="medium")
        if image is not None:
            alt = html.escape(f"Test image {index}: {subject.class_names[true]}")
            picture.html(f'{_CSS}<img class="cnn-lab-large" src="{data_uri(image)}" alt="{alt}">')
        with bars:
            st.html(BARS_CSS + bars_list(_bars(subject, predictions, index), is_close=True))
        if image is None:
            return
        if not subject.run.has_model:
            st.info("This run has no network any more, so there is nobody to ask why.", icon=":material/help:")
            return
        with maps:
            show_grad_cam(subject, image, predicted=predicted, true=true)
        issues = find_label_issues(predictions.labels, predictions.probabilities)
        answered = Answered(true, predicted, is_suspicious=index in issues.indices)
        show_neighbours(ExplainedNetwork(subject.run), image, subject.class_names, answered=answered)


def _headline(subject: Subject, predictions: Predictions, index: int) -> None:
    true = plain(subject.class_names[predictions.labels[index]])
    predicted = plain(subject.class_names[predictions.predicted[index]])
    is_right = bool(predictions.is_right[index])
    st.header(f"{true}, recognised" if is_right else f"{true}, taken for {predicted}", anchor=False)
    st.caption(f"Test image {index} · {predictions.confidence[index]:.1%} sure · loss {predictions.losses[index]:.3f}")


def _bars(subject: Subject, predictions: Predictions, index: int) -> list[Bar]:
    """All classes, the most probable first."""
    probabilities = predictions.probabilities[index]
    label = int(predictions.labels[index])
    marks = {int(predictions.predicted[index]): "predicted", label: "true"}
    if predictions.is_right[index]:
        marks = {label: "predicted and true"}
    return [
        Bar(subject.class_names[one], float(probabilities[one]), marks.get(int(one), ""), int(one) == label)
        for one in (-probabilities).argsort(kind="stable")
    ]
