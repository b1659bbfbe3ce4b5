"""The tab "Network": its blocks, to be edited, and beside them what becomes of an image."""

from __future__ import annotations

from typing import Any, get_args

import pandas as pd
import streamlit as st

from cnn_core.config import Features, ImageNetTransfer, ModelConfig, RunConfig, TrainingConfig
from cnn_core.data.catalogue import DatasetCard, dataset_card
from cnn_core.figures.network import network_figure
from cnn_core.models.imagenet import TITLES
from cnn_core.models.summary import LayerRow, NetworkSize
from cnn_core.models.transfer_table import run_layer_table, run_network_size
from pages.parts.draft import Draft, change
from pages.parts.form import fields
from pages.parts.form.block_editor import block_editor, shape_words
from pages.parts.form.problems import Problem
from pages.parts.live_chart import live_chart
from pages.parts.words import amount

_FEATURES = fields.options_of(
    get_args(Features), {"flatten": "All values (flatten)", "global-average": "Mean of each map"}
)


def network_tab(draft: Draft, problems: list[Problem]) -> None:
    """Show and edit the network."""
    card = dataset_card(draft.settings["dataset"])
    shape, class_count = (card.height, card.width, card.channels), len(card.class_names)
    possible, mended = draft.possible()
    config = _fitting(possible, problems)
    rows = run_layer_table(config, shape, class_count)
    if not isinstance(config.transfer, ImageNetTransfer):
        live_chart(
            network_figure(config.model, shape, class_count),
            key="network-drawing",
            alt=f"The network: {len(config.model.blocks)} blocks between the image and {class_count} classes",
        )
    # What does not fit has no size; the figures keep their place, so that nothing jumps under the pointer.
    is_whole = config is possible and not mended & {"model", "transfer"}
    size = run_network_size(config, shape, class_count) if is_whole else None
    _totals(size, possible.training if "training" not in mended else None)
    shapes = {row.block: row.output_shape for row in rows if 0 < row.block <= len(config.model.blocks)}
    with st.container(gap="small"):
        if isinstance(config.transfer, ImageNetTransfer):
            st.caption(
                f"The features are those of {TITLES[config.transfer.network]}, chosen under Transfer; dense blocks "
                "can follow them."
            )
        block_editor(draft, shapes, problems)
        _head(draft, card)
    st.markdown("**Layers**, as Keras names them")
    _table(rows)


def _fitting(config: RunConfig, problems: list[Problem]) -> RunConfig:
    """What can be computed of a network: everything before the block that does not fit."""
    broken = min((problem.block for problem in problems if problem.block), default=0)
    if not broken or broken > len(config.model.blocks):
        return config
    blocks = config.model.blocks[: broken - 1]
    return config.model_copy(update={"model": config.model.model_copy(update={"blocks": blocks}), "transfer": None})


def _totals(size: NetworkSize | None, training: TrainingConfig | None) -> None:
    memory = None
    if size and training:
        averaged = training.ema_decay > 0
        memory = size.memory_bytes(training.batch_size, training.optimizer, is_averaged=averaged)
    with st.container(horizontal=True):
        st.metric("Parameters", f"{size.parameters:,}" if size else "–", help="Numbers that are learned")
        st.metric(
            "Multiply-adds",
            amount(size.multiply_adds) if size else "–",
            help="For one image, from its pixels to the classes",
        )
        st.metric(
            "Memory of a step",
            amount(memory, "B") if memory else "–",
            help="An estimate: weights, gradients, what the optimizer keeps, and the feature maps of a batch",
        )


def _head(draft: Draft, card: DatasetCard) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f":material/output: **Output** {len(card.class_names):,} classes")
        left, right = st.columns(2, gap="small")
        is_own = (draft.settings["transfer"] or {}).get("kind") != "imagenet"
        if is_own:
            fields.choice(
                left,
                "Feature maps become",
                "model",
                "features",
                _FEATURES,
                help="How the last feature maps become one vector: all their values, or the mean of each map, which "
                "needs far fewer parameters.",
            )
        fields.number(
            right,
            "Dropout before the output",
            ModelConfig,
            "model",
            "dropout",
            step=0.05,
            format="%.2f",
            help="Share of the features that are switched off at random before the output, in training only: the "
            "network cannot lean on a few of them.",
        )
        if is_own:
            _enlarge(left, right, draft, card)
            _shuffle(left)


def _enlarge(left: Any, right: Any, draft: Draft, card: DatasetCard) -> None:
    key = fields.widget_key("model", "enlarges")
    asked = draft.settings["model"]["enlarge_to"]
    left.toggle(
        "Enlarge the images",
        value=asked is not None,
        key=key,
        on_change=lambda: change("model", "enlarge_to", max(28, card.height) if st.session_state[key] else None),
        help="Small images leave nothing after a few poolings: the network can enlarge them first.",
    )
    if asked is not None:
        fields.number(right, "Enlarge to", ModelConfig, "model", "enlarge_to", step=4, help="Side in pixels")


def _shuffle(place: Any) -> None:
    fields.toggle(
        place,
        "Shuffle the pixels",
        "model",
        "shuffle_pixels",
        help="The network first rearranges the pixels of every image in the same way. A dense network does not mind; "
        "one with convolutions does: the page Learn tells why.",
    )


def _table(rows: list[LayerRow]) -> None:
    table = pd.DataFrame(
        {
            "layer": [row.type for row in rows],
            "output": [shape_words(row.output_shape) for row in rows],
            # Nothing where there is nothing: what counts stands out.
            "parameters": [row.parameters or None for row in rows],
            "multiply-adds": [row.multiply_adds or None for row in rows],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="",
        column_config={
            "parameters": st.column_config.NumberColumn(format="localized"),
            "multiply-adds": st.column_config.NumberColumn(format="compact"),
        },
    )
