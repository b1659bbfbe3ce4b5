"""Which part of a dataset and which class of it is looked at. Both are in the address (``?part=test&class=Bag``)."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.understand.originals import Part
from pages.parts.address import change, correct, one_of, shortened

_PART, _CLASS = "part", "class"
PARTS: dict[Part, str] = {"train": "Training", "test": "Test"}
_ALL = -1


def asked_part() -> Part:
    """The part that the address asks for."""
    return one_of(_PART, tuple(PARTS), default="train")


def choose_part() -> Part:
    """Let the user choose a part, in step with the address."""
    st.session_state[_PART] = asked_part()
    st.segmented_control(
        "Part", list(PARTS), format_func=PARTS.__getitem__, key=_PART, required=True, on_change=_write_part
    )
    chosen: Part = st.session_state[_PART]
    return chosen


def choose_class(card: DatasetCard) -> int | None:
    """Let the user choose a class, in step with the address. ``None``: all of them."""
    asked = asked_classes(card)[:1]
    st.session_state[_CLASS] = asked[0] if asked else _ALL
    label: int = st.selectbox(
        "Class",
        [_ALL, *range(len(card.class_names))],
        format_func=lambda label: (
            f"All {len(card.class_names):,} classes" if label == _ALL else card.class_names[label]
        ),
        key=_CLASS,
        on_change=_write_class,
        args=(card,),
    )
    return None if label == _ALL else label


def point_out_classes(card: DatasetCard, *, most: int) -> list[int]:
    """Let the user choose some classes, in step with the address.

    Args:
        card: The dataset.
        most: So many at most.
    """
    asked = asked_classes(card)[:most]
    key = "classes-pointed-out"
    st.session_state[key] = asked
    chosen: list[int] = st.multiselect(
        "Point out",
        range(len(card.class_names)),
        format_func=card.class_names.__getitem__,
        key=key,
        max_selections=most,
        on_change=lambda: change({_CLASS: [card.class_names[label] for label in st.session_state[key]]}),
        placeholder="Choose classes",
    )
    return chosen


def asked_classes(card: DatasetCard) -> list[int]:
    """The classes that the address asks for; what is none is corrected."""
    asked = list(dict.fromkeys(st.query_params.get_all(_CLASS)))
    known = [name for name in asked if name in card.class_names]
    if missing := [name for name in asked if name not in card.class_names]:
        correct(_CLASS, known, f"there is no class “{shortened(missing[0])}”")
    return [card.class_names.index(name) for name in known]


def _write_part() -> None:
    part = st.session_state[_PART]
    change({_PART: None if part == "train" else part, "page": None})


def _write_class(card: DatasetCard) -> None:
    label = st.session_state[_CLASS]
    change({_CLASS: None if label == _ALL else card.class_names[label], "page": None})
