"""The settings of a new run. Every limit and default comes from the configuration itself."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from cnn_core.config import LossName, ModelConfig, OptimizerName, Protocol, RunConfig, TrainingConfig, limits
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.load import dataset_state
from cnn_core.errors import ConfigError
from cnn_core.models.presets import find_preset, preset_config, preset_names
from pages.parts.words import plain

_PROTOCOLS: dict[Protocol, str] = {
    "validation": "Hold back validation images, test once at the end",
    "tutorial": "Watch the test images, as the tutorials do",
}


def training_form() -> RunConfig | None:
    """Show the settings; return the configuration, or ``None`` with a message where something does not fit."""
    dataset = st.selectbox(
        "Dataset",
        dataset_names(),
        format_func=lambda name: dataset_card(name).title,
        key="dataset",
        persist_state="session",
    )
    card, state = dataset_card(dataset), dataset_state(dataset)
    if state.state == "ready":
        st.caption(
            f"{card.train_count:,} training and {card.test_count:,} test images, {len(card.class_names)} classes."
        )
    else:
        st.warning(plain(state.message), icon=":material/download:")
    preset = st.selectbox(
        "Network",
        preset_names(),
        format_func=lambda name: find_preset(name).title,
        key="preset",
        persist_state="session",
    )
    st.caption(find_preset(preset).description)
    start = preset_config(preset, card)
    if start.model.enlarge_to:
        st.caption(
            f":material/zoom_in: Images of {card.height}×{card.width} are too small for this network: it enlarges them "
            f"to {start.model.enlarge_to}×{start.model.enlarge_to} first."
        )
    if start.training.batch_size != find_preset(preset).training.batch_size:
        st.caption(":material/tune: A small dataset: smaller batches and more epochs than usual.")
    # The settings belong to the choice above: another network comes with its own.
    settings = _settings(start, key=f"{dataset}-{preset}")
    try:
        return preset_config(preset, card, **settings)
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _settings(start: RunConfig, key: str) -> dict[str, Any]:
    training = start.training
    left, right = st.columns(2)
    epochs = _number(left, "Epochs", TrainingConfig, "epochs", training.epochs, key)
    batch_size = _number(right, "Batch size", TrainingConfig, "batch_size", training.batch_size, key)
    rate = left.number_input(
        "Learning rate",
        value=training.learning_rate,
        step=training.learning_rate / 10,
        format="%.5g",
        help=TrainingConfig.model_fields["learning_rate"].description,
        key=f"{key}-learning_rate",
        persist_state="session",
    )
    optimizers = get_args(OptimizerName)
    optimizer = right.selectbox(
        "Optimizer",
        optimizers,
        index=optimizers.index(training.optimizer),
        key=f"{key}-optimizer",
        persist_state="session",
    )
    low, high = limits(ModelConfig, "dropout")
    dropout = st.slider(
        "Dropout",
        float(low or 0),
        float(high or 0),
        value=start.model.dropout,
        step=0.05,
        help="Share of the features that are switched off at random before the output, in training only: the "
        "network cannot lean on a few of them.",
        key=f"{key}-dropout",
        persist_state="session",
    )
    with st.expander("More settings"):
        seed = _number(st, "Seed", RunConfig, "seed", start.seed, key)
        losses = get_args(LossName)
        loss = st.selectbox(
            "Loss", losses, index=losses.index(training.loss), key=f"{key}-loss", persist_state="session"
        )
        protocol = st.radio(
            "Test images",
            list(_PROTOCOLS),
            format_func=_PROTOCOLS.__getitem__,
            key=f"{key}-protocol",
            persist_state="session",
        )
    return {
        "seed": seed,
        "model": {"dropout": dropout},
        "training": {
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": rate,
            "optimizer": optimizer,
            "loss": loss,
            "protocol": protocol,
        },
    }


def _number(place: Any, label: str, section: Any, field: str, value: int, key: str) -> int:
    # The limits stand in the help and not in the widget: the browser would keep a value out of range to itself, and the
    # run would start with the one before.
    low, high = limits(section, field)
    entered = place.number_input(
        label,
        value=value,
        step=1,
        help=f"{section.model_fields[field].description}: {low:,} to {high:,}",
        key=f"{key}-{field}",
        persist_state="session",
    )
    return int(entered)
