"""The images that two runs answer differently, or both get wrong."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from cnn_core.evaluation.disagreements import Which, select_disagreements
from cnn_core.evaluation.predictions import Predictions
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.evaluate.cell import Cell
from pages.parts.evaluate.image_view import open_image
from pages.parts.evaluate.subject import Subject
from pages.parts.gallery import Tile
from pages.parts.pager import one_page
from pages.parts.tiles import clickable_gallery

SIDES = "sides"
_KINDS = get_args(Which)
_PAGE_SIZE = 12


def show_disagreements(a: Predictions, b: Predictions, cell: Cell, subject: Subject) -> list[int]:
    """Show images a page at a time, the most confident mistake first.

    Args:
        a: Answers of A.
        b: Answers of B for the same images.
        cell: Only images whose place in this cell of the confusion matrix differs; ``None`` stands for any class.
        subject: The page's run, A.

    Returns:
        The images of all pages, in their order.
    """
    which: Which = one_of(SIDES, _KINDS, default=_KINDS[0])
    st.session_state[SIDES] = which
    st.segmented_control(
        "Images",
        _KINDS,
        required=True,
        key=SIDES,
        on_change=_write_to_address,
        label_visibility="collapsed",
        wrap=True,
    )
    images = cached.test_images(subject.run)
    true, predicted = cell
    indices = select_disagreements(a, b, which, true=true, predicted=predicted).tolist()
    if not indices:
        st.info("No image fits this choice.", icon=":material/check:")
        return []
    if which == "both wrong":
        st.caption("Where two networks are sure of the same wrong answer, look whether the label is right.")
    shown = one_page(indices, size=_PAGE_SIZE, what="images", key="disagreements")
    names = subject.class_names
    clickable_gallery(
        [
            Tile(
                image=None if images is None else images[index],
                title=f"true: {names[a.labels[index]]}",
                lines=(
                    *(
                        f"{name}: {names[side.predicted[index]]}, {side.confidence[index]:.1%} sure"
                        for name, side in (("A", a), ("B", b))
                    ),
                    f"test image {index}",
                ),
                id=index,
            )
            for index in shown
        ],
        key="disagreements",
        on_open=open_image,
        label="Images that tell the two runs apart",
    )
    return indices


def _write_to_address() -> None:
    which = st.session_state[SIDES]
    change({SIDES: None if which == _KINDS[0] else which, "page": None})
