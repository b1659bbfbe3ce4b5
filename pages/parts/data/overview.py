"""What is in a dataset at a glance: images of each class, what they look like, what they were made of."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.balance import Order, count_classes, remarks_on
from pages.parts import cached
from pages.parts.address import change, one_of
from pages.parts.data.class_bars import Series, class_bars
from pages.parts.data.class_cards import class_cards
from pages.parts.data.original_pictures import original_pictures
from pages.parts.words import plain

_SORT, _ORDERS = "sort", get_args(Order)


def overview(card: DatasetCard) -> None:
    """Show the classes, and where the images come from."""
    counts = count_classes(cached.dataset(card.name))
    heading, choice = st.columns([3, 1], vertical_alignment="bottom")
    heading.subheader("Images of each class", anchor=False)
    with choice:
        order = counts.ordered(_choose_order())
    for remark in remarks_on(counts):
        if remark.is_warning:
            st.warning(plain(remark.words), icon=":material/balance:")
        else:
            st.markdown(plain(remark.words))
    class_bars(card.class_names, order, [Series("Training", counts.train, 0), Series("Test", counts.test, 1)])
    st.subheader(
        "What they look like",
        anchor=False,
        help="The spread is the standard deviation of each pixel. A class whose mean is sharp holds still; where it is "
        "blurred, its images differ in shape or place, and a network needs more of them.",
    )
    class_cards(card, order)
    original_pictures(card)


def _choose_order() -> Order:
    order: Order = one_of(_SORT, _ORDERS, default=_ORDERS[0])
    st.session_state[_SORT] = order
    st.selectbox("Sort", _ORDERS, key=_SORT, on_change=_write_to_address, label_visibility="collapsed")
    return order


def _write_to_address() -> None:
    order = st.session_state[_SORT]
    change({_SORT: None if order == _ORDERS[0] else order, "page": None})
