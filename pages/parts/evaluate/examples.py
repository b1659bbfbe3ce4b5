"""The images behind a cell of the confusion matrix, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import get_args

import numpy as np
import streamlit as st

from cnn_core.evaluation.examples import Order
from cnn_core.evaluation.predictions import LabelledLogits
from pages.parts.gallery import Tile, gallery
from pages.parts.pager import one_page

_PAGE_SIZE = 12


def show_examples(
    answers: LabelledLogits,
    select: Callable[[Order], np.ndarray],
    *,
    images: np.ndarray | None,
    class_names: tuple[str, ...],
    selection: Hashable,
) -> None:
    """Show the selected images in a chosen order.

    Args:
        answers: The network's answers.
        select: Gives the indices of the images in the order asked for.
        images: The test images, (N, H, W, C) uint8; ``None`` where they are not on this machine.
        class_names: In the order of the labels.
        selection: Identifies what is selected: another selection starts at its first page.
    """
    order = st.selectbox("Sort by confidence", get_args(Order), key="order", bind="query-params")
    examples = select(order)
    if not len(examples):
        st.info("No image fits this choice.", icon=":material/check:")
        return
    shown = one_page(examples, size=_PAGE_SIZE, what="images", key=selection)
    gallery([_tile(int(index), answers, images, class_names) for index in shown])


def _tile(index: int, answers: LabelledLogits, images: np.ndarray | None, class_names: tuple[str, ...]) -> Tile:
    return Tile(
        image=None if images is None else images[index],
        title=f"true: {class_names[answers.labels[index]]}",
        lines=(
            f"predicted: {class_names[answers.predicted[index]]}",
            f"{answers.confidence[index]:.1%} sure",
            f"test image {index}",
        ),
    )
