"""A network's blocks, a row each: what it is, what it leaves of the image, and what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import streamlit as st
from pydantic import ValidationError

from cnn_core.config import Activation, Block, ConvBlock, DenseBlock, Padding, Pooling, ResidualBlock
from cnn_core.models.summary import describe
from pages.parts.draft import Draft
from pages.parts.form import block_edits, fields
from pages.parts.form.problems import Problem
from pages.parts.words import plain

ACTIVATIONS = fields.options_of(
    get_args(Activation),
    {
        "relu": "ReLU",
        "leaky_relu": "Leaky ReLU",
        "gelu": "GELU",
        "elu": "ELU",
        "tanh": "tanh",
        "sigmoid": "Sigmoid",
    },
)
_POOLINGS = fields.options_of(get_args(Pooling), {"max": "Maximum", "average": "Average", "none": "None"})
_PADDINGS = fields.options_of(get_args(Padding), {"valid": "None (valid)", "same": "Zeros (same)"})
_KINDS = {"conv": "Convolution", "residual": "Residual", "dense": "Dense"}
_ICONS = {"conv": ":material/grid_on:", "residual": ":material/fork_left:", "dense": ":material/density_small:"}
_MODELS: dict[str, type[Block]] = {"conv": ConvBlock, "residual": ResidualBlock, "dense": DenseBlock}


def block_editor(draft: Draft, shapes: Mapping[int, tuple[int, ...]], problems: list[Problem]) -> None:
    """Show the blocks and what can be done to them.

    Args:
        draft: The draft that holds them.
        shapes: What each block (counted from 1) leaves of an image; those behind a problem may be missing.
        problems: What does not fit; shown at the block that causes it.
    """
    if not draft.blocks:
        is_imagenet = (draft.settings["transfer"] or {}).get("kind") == "imagenet"
        what = "those features go" if is_imagenet else "the image's pixels go"
        st.caption(f"No block of its own: {what} straight to the output.")
    for place, number in enumerate(draft.block_ids):
        told = [problem.text for problem in problems if problem.block == place + 1]
        _row(draft, place, number, shapes.get(place + 1), told)
    _add_buttons(draft)


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape as "14×14×32", or the length of a vector as "128"."""
    return "×".join(f"{side:,}" for side in shape)


def _row(draft: Draft, place: int, number: int, shape: tuple[int, ...] | None, told: list[str]) -> None:
    block = draft.blocks[place]
    is_open = draft.open_block == number
    with st.container(border=True, gap="small", key=f"{draft.version}-block{number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            leaves = f" &nbsp;:gray[→ {shape_words(shape)}]" if shape else ""
            title = f"{_ICONS[block['kind']]} **{place + 1} · {_KINDS[block['kind']]}**{leaves}"
            with st.container(width="stretch"):
                st.markdown(f"{title}  \n:small[:gray[{_line(block)}]]")
            with st.container(horizontal=True, width="content", gap=None):
                _buttons(draft, place, number, is_open)
        for text in told:
            st.error(plain(text), icon=":material/error:")
        if is_open:
            _settings(number, block["kind"])


def _line(block: dict[str, Any]) -> str:
    """The block in words, without its kind; empty while its settings are out of range."""
    try:
        checked = _MODELS[block["kind"]].model_validate(block)
    except ValidationError:
        return ""
    return describe(checked).removeprefix("residual ")


def _buttons(draft: Draft, place: int, number: int, is_open: bool) -> None:
    key = f"{draft.version}-block{number}"
    name = f"block {place + 1}"
    what = {"type": "tertiary", "width": "content"}
    # The look of this view hides the labels, which people who hear the page need: five icons in each row are told apart
    # by their place.
    label = f"{'Close the settings' if is_open else 'Settings'} of {name}"
    st.button(
        label,
        icon=":material/expand_less:" if is_open else ":material/tune:",
        help=label,
        key=f"{key}-open",
        on_click=_toggle,
        args=(draft, number),
        **what,
    )
    for words, icon, by in (("up", ":material/arrow_upward:", -1), ("down", ":material/arrow_downward:", 1)):
        label = f"Move {name} {words}"
        st.button(
            label,
            icon=icon,
            help=label,
            disabled=not block_edits.can_move(draft, place, by),
            key=f"{key}-{words}",
            on_click=block_edits.move,
            args=(draft, number, by),
            **what,
        )
    for words, icon, edit in (
        ("Duplicate", ":material/content_copy:", block_edits.duplicate),
        ("Remove", ":material/delete:", block_edits.remove),
    ):
        label = f"{words} {name}"
        st.button(
            label,
            icon=icon,
            help=label,
            key=f"{key}-{words.lower()}",
            on_click=edit,
            args=(draft, number),
            **what,
        )


def _toggle(draft: Draft, number: int) -> None:
    draft.open_block = None if draft.open_block == number else number


def _add_buttons(draft: Draft) -> None:
    helps = {
        "conv": "Slides small windows over the image and learns what to look for in them.",
        "residual": "Two convolutions with a shortcut around them: deep networks train more easily.",
        "dense": "Connects every value with every output; stands behind all convolutions.",
    }
    if (draft.settings["transfer"] or {}).get("kind") == "imagenet":
        del helps["conv"], helps["residual"]
    with st.container(horizontal=True, gap="small"):
        for kind, help in helps.items():
            st.button(
                _KINDS[kind],
                icon=":material/add:",
                help=help,
                key=f"add-{kind}",
                on_click=block_edits.add,
                args=(draft, kind),
            )


def _settings(number: int, kind: str) -> None:
    model = _MODELS[kind]
    places = st.columns(4, gap="small")
    if kind == "dense":
        fields.number(places[0], "Units", model, number, "units", step=16)
        _activation(places[1], number)
        _dropout(places[2], model, number)
        _batch_norm(places[3], number)
        return
    fields.number(places[0], "Filters", model, number, "filters", step=8, help="Kernels learned, and feature maps made")
    fields.number(places[1], "Kernel", model, number, "kernel", help="Side of the window, in pixels; 3 is usual")
    fields.number(places[2], "Stride", model, number, "stride", help="Pixels the window moves at a time; 2 halves")
    _activation(places[3], number)
    places = st.columns(4, gap="small")
    fields.choice(
        places[0],
        "Pooling",
        number,
        "pooling",
        _POOLINGS,
        help="Keeps one value of each 2×2: halves both sides, and makes small shifts matter less.",
    )
    if kind == "conv":
        fields.choice(
            places[1],
            "Padding",
            number,
            "padding",
            _PADDINGS,
            help="Whether zeros around the image keep its size; without them each 3×3 window costs 2 pixels a side.",
        )
    _dropout(places[2], model, number)
    with places[3].container(height="stretch", vertical_alignment="bottom", gap=None):
        _batch_norm_toggle(number)
        if kind == "conv":
            fields.toggle(
                st,
                "Pool first",
                number,
                "pool_first",
                help="Pools before normalising and activating, which then go through a quarter of the values: faster.",
            )


def _activation(place: Any, number: int) -> None:
    fields.choice(
        place, "Activation", number, "activation", ACTIVATIONS, help="The bend behind each sum; ReLU is the usual one."
    )


def _dropout(place: Any, model: Any, number: int) -> None:
    fields.number(
        place,
        "Dropout",
        model,
        number,
        "dropout",
        step=0.05,
        format="%.2f",
        help="Share of the block's values that are switched off at random in training: the network cannot lean on a "
        "few of them.",
    )


def _batch_norm(place: Any, number: int) -> None:
    with place.container(height="stretch", vertical_alignment="bottom"):
        _batch_norm_toggle(number)


def _batch_norm_toggle(number: int) -> None:
    fields.toggle(
        st,
        "Batch norm",
        number,
        "batch_norm",
        help="Brings each feature map to a common mean and spread: larger learning rates, quicker training.",
    )
