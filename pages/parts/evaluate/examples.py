"""The images behind a cell of the confusion matrix, a page at a time. Order, range and page are in the address."""

from __future__ import annotations

from functools import partial
from typing import get_args

import numpy as np
import streamlit as st

from cnn_core.evaluation.examples import Order, select_examples
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.selection_files import selection_csv, selection_zip
from cnn_core.wording import images_in_words
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.evaluate.cell import Cell
from pages.parts.evaluate.confidence_range import choose_confidence
from pages.parts.evaluate.image_view import open_image
from pages.parts.evaluate.subject import Subject
from pages.parts.gallery import Tile
from pages.parts.pager import one_page
from pages.parts.tiles import clickable_gallery
from pages.parts.words import plain

_PAGE_SIZE = 24
_ORDER, _ORDERS = "order", get_args(Order)


def show_examples(subject: Subject, cell: Cell) -> list[int]:
    """Show the images of a cell, a row or a column, in a chosen order and range of confidence.

    Returns:
        The images of all pages, in their order.

    Raises:
        RunError: The run's answers cannot be read.
    """
    predictions = subject.predictions()
    heading = st.container()
    left, right = st.columns(2, vertical_alignment="bottom")
    order: Order = one_of(_ORDER, _ORDERS, default=_ORDERS[0])
    st.session_state[_ORDER] = order
    left.selectbox("Sort by", _ORDERS, key=_ORDER, on_change=_write_to_address)
    with right:
        confidence = choose_confidence()
    chosen = select_examples(predictions, true=cell[0], predicted=cell[1], confidence=confidence, order=order)
    heading.subheader(_in_words(len(chosen), cell, tuple(map(plain, subject.class_names))), anchor=False)
    images = cached.test_images(subject.run)
    if not len(chosen):
        st.info("No image fits this choice.", icon=":material/check:")
        return []
    indices: list[int] = chosen.tolist()
    clickable_gallery(
        [
            _tile(index, predictions, images, subject.class_names)
            for index in one_page(
                indices, size=_PAGE_SIZE, what="images", key="examples", hint="Choose one to see why."
            )
        ],
        key="examples",
        on_open=open_image,
        label="Test images behind the choice",
    )
    _downloads(subject, predictions, chosen, images)
    return indices


def _write_to_address() -> None:
    order = st.session_state[_ORDER]
    change({_ORDER: None if order == _ORDERS[0] else order, "page": None})


def _in_words(count: int, cell: Cell, names: tuple[str, ...]) -> str:
    """What is chosen; names as Markdown shows them as they are."""
    true, predicted = cell
    number = images_in_words(count).capitalize()
    if true is None and predicted is None:
        return f"{number} classified wrong"
    if true is None:
        return f"{number} wrongly taken for {names[predicted]}"
    if predicted is None:
        return f"{number} of {names[true]} taken for something else"
    if true == predicted:
        return f"{number} of {names[true]} recognised"
    return f"{number} of {names[true]} taken for {names[predicted]}"


def _tile(index: int, answers: Predictions, images: np.ndarray | None, class_names: tuple[str, ...]) -> Tile:
    true, predicted = class_names[answers.labels[index]], class_names[answers.predicted[index]]
    sure = f"{answers.confidence[index]:.1%} sure"
    return Tile(
        image=None if images is None else images[index],
        title=f"true: {true}",
        lines=(f"predicted: {predicted}", sure, f"test image {index}"),
        id=index,
        alt=f"test image {index}: true {true}, predicted {predicted}, {sure}",
    )


def _downloads(subject: Subject, answers: Predictions, chosen: np.ndarray, images: np.ndarray | None) -> None:
    names = subject.class_names
    with st.container(horizontal=True, vertical_alignment="center"):
        # Made when they are asked for, not before.
        st.download_button(
            "CSV",
            partial(selection_csv, answers, chosen, names),
            file_name=f"{subject.run.id}-selection.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="selection-csv",
            help="What the network said of each of these images.",
        )
        if images is None:
            st.caption("Without the images there is no ZIP of them.")
            return
        st.download_button(
            "ZIP of the images",
            partial(selection_zip, answers, chosen, names, images),
            file_name=f"{subject.run.id}-selection.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            key="selection-zip",
            help="PNG files in folders by true class, and the CSV.",
        )
