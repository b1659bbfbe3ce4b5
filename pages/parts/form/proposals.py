"""Settings to begin with where a network takes over features."""

from __future__ import annotations

from typing import Literal

from cnn_core.config import ImageNetName
from cnn_core.data.catalogue import dataset_card
from cnn_core.models.transfer_settings import imagenet_config, proposed_blocks, transfer_config
from cnn_core.runs.store import find_run
from pages.parts.draft import fill_form
from pages.parts.words import plain


def propose_from_run(run_id: str, dataset: str) -> None:
    """Fill the form with settings that start from the features of a run."""
    card, record = dataset_card(dataset), find_run(run_id).record()
    fill_form(
        transfer_config(record, run_id, card, proposed_blocks(record, card)),
        f"These are settings to begin with for the features of **{plain(run_id)}** on {plain(card.title)}: its "
        "network, and a training for so many images.",
    )


def propose_imagenet(
    dataset: str, network: ImageNetName = "mobilenet-v2", weights: Literal["imagenet", "random"] = "imagenet"
) -> None:
    """Fill the form with settings for an ImageNet network."""
    card = dataset_card(dataset)
    fill_form(
        imagenet_config(card, network, weights),
        # Which one is chosen among the settings, and may be another one a moment later.
        f"These are settings to begin with for an **ImageNet network** on {card.title}.",
    )
