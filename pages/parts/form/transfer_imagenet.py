"""In the tab "Transfer": a network that has learned from ImageNet."""

from __future__ import annotations

from typing import Any, Literal, get_args

import streamlit as st

from cnn_core.config import ImageNetName, ImageNetTransfer
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.imagenet import TITLES, weights_state
from cnn_core.models.imagenet_facts import imagenet_facts, resting_layers
from cnn_core.models.transfer_settings import imagenet_config
from pages.parts.draft import Draft, change, current_draft, put_aside
from pages.parts.form import fields
from pages.parts.form.transfer_stages import stages
from pages.parts.words import plain

_NETWORKS = fields.options_of(get_args(ImageNetName), dict(TITLES))
_WEIGHTS = {"imagenet": "ImageNet", "random": "Random"}


def from_imagenet(draft: Draft) -> None:
    """Let the user choose a network of ImageNet, its weights, and what becomes of them."""
    transfer = draft.settings["transfer"]
    left, right = st.columns(2, gap="medium")
    with left:
        fields.choice(st, "Network", "transfer", "network", _NETWORKS, is_segmented=True, on_choice=_choose_network)
        fields.choice(
            st,
            "Weights",
            "transfer",
            "weights",
            _WEIGHTS,
            is_segmented=True,
            on_choice=_choose_weights,
            help="Learned from ImageNet, or the same network from chance, to see what they are worth. One never takes "
            "the place of the other.",
        )
        fields.number(
            st,
            "Side of its images, pixels",
            ImageNetTransfer,
            "transfer",
            "side",
            step=32,
            help="Images are resized to it. 96, 128, 160, 192 and 224 are the sides that MobileNetV2's weights were "
            "learned at; twice the side costs four times as much",
        )
        if transfer["weights"] == "imagenet":
            fields.number(
                st,
                "Frozen, % of its layers",
                ImageNetTransfer,
                "transfer",
                "frozen_share",
                factor=100,
                step=5,
                format="%.4g",
                help="From the image on; they never change. With few images, freeze more",
            )
        stages(draft)
    config, mended = draft.possible()
    assert isinstance(config.transfer, ImageNetTransfer)
    with right:
        if "transfer" in mended:
            st.markdown("–")
        else:
            _imagenet_facts(config.transfer)
    if "transfer" not in mended:
        _weights(config.transfer)


def _imagenet_facts(transfer: ImageNetTransfer) -> None:
    facts = imagenet_facts(transfer.network, transfer.side)
    frozen = resting_layers(transfer.network, transfer.frozen_share)
    rest = f"The first {frozen} layers never change." if frozen else "None of its layers is frozen."
    st.markdown(
        f"**{TITLES[transfer.network]}** has {facts.layers} layers and {facts.parameters:,} parameters; it turns an "
        f"image into {facts.channels:,} maps of {facts.feature_side}×{facts.feature_side}, whose means go to the "
        f"output. {rest}"
    )


def _weights(transfer: ImageNetTransfer) -> None:
    """Where the ImageNet weights are, or what to do."""
    if transfer.weights == "random":
        st.info("Random weights: nothing of ImageNet is used.", icon=":material/casino:")
        return
    state = weights_state(transfer.network, transfer.side)
    if state.state == "ready":
        st.success(plain(state.message), icon=":material/check_circle:")
    elif state.state == "missing":
        st.warning(plain(state.message), icon=":material/download:")
    else:
        st.error(plain(state.message), icon=":material/error:")


def _choose_network(chosen: str) -> None:
    # Runs with an ImageNet network bear its name.
    change("", "preset", chosen)


def _choose_weights(chosen: Literal["imagenet", "random"]) -> None:
    """Spare what ImageNet has taught, or nothing where there is nothing to spare; the other settings stay."""
    transfer = current_draft().settings["transfer"]
    before: Literal["imagenet", "random"] = "random" if chosen == "imagenet" else "imagenet"
    usual, proposed = _spared(before), _spared(chosen)
    if any(transfer[name] != value for name, value in usual.items()):
        transfer["weights"] = before
        put_aside(
            "Nothing is frozen, and all learns alike from the first epoch on: random weights are not worth sparing."
            if chosen == "random"
            else "What is frozen and what learns first is set as is usual with the weights of ImageNet."
        )
        transfer["weights"] = chosen
    for name, value in proposed.items():
        fields.set_also("transfer", name, value)


def _spared(weights: Literal["imagenet", "random"]) -> dict[str, Any]:
    draft = current_draft()
    card, network = dataset_card(draft.settings["dataset"]), draft.settings["transfer"]["network"]
    transfer = imagenet_config(card, network, weights).transfer
    return {name: getattr(transfer, name) for name in ("frozen_share", "head_epochs", "fine_tune_rate")}
