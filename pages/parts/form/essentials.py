"""The three decisions of a newcomer, dataset, network, start, and the settings that are changed most."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import streamlit as st

from cnn_core.config import OptimizerName, TrainingConfig
from cnn_core.data.catalogue import DatasetCard, dataset_card, dataset_names, dataset_titles
from cnn_core.data.counts import image_counts, imbalance
from cnn_core.data.load import dataset_state
from cnn_core.data.own.store import has_groups
from cnn_core.data.understand.balance import IMBALANCED
from cnn_core.models.imagenet import TITLES
from cnn_core.models.presets import PROMISED_DATASET, find_preset, preset_names
from cnn_core.runs.pace import pace_here
from cnn_core.runs.queue import runs_at_once
from cnn_core.runs.store import active_runs
from pages.parts.boundary import errors_toasted
from pages.parts.draft import Draft, current_draft, start_from
from pages.parts.form import fields
from pages.parts.form.problems import Problem
from pages.parts.form.proposals import propose_from_run, propose_imagenet
from pages.parts.words import plain, roughly

OPTIMIZERS = fields.options_of(
    get_args(OptimizerName), {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop", "muon": "Muon"}
)


def essentials(draft: Draft) -> None:
    """Dataset, network, and the four numbers that everybody changes first."""
    card = _dataset(draft)
    _network(draft, card)
    left, right = st.columns(2, gap="small")
    fields.number(
        left,
        "Epochs",
        TrainingConfig,
        "training",
        "epochs",
        help="Passes over the training images. More of them learn more, until the validation loss rises again.",
    )
    fields.number(
        right,
        "Batch size",
        TrainingConfig,
        "training",
        "batch_size",
        help="Images a step. Larger batches make quieter, fewer steps; double the learning rate along with them.",
    )
    fields.number(
        left,
        "Learning rate",
        TrainingConfig,
        "training",
        "learning_rate",
        format="%.5g",
        help="The size of a step, and the largest one of a schedule. The setting to try first: too low learns slowly, "
        "too high does not learn at all. The learning-rate test proposes one.",
    )
    fields.choice(
        right,
        "Optimizer",
        "training",
        "optimizer",
        OPTIMIZERS,
        help="How gradients become steps. Adam and AdamW work with most settings; SGD with momentum wants a larger "
        "learning rate, often ten to a hundred times. Its own settings are under Training.",
    )


def summary(draft: Draft, problems: list[Problem]) -> None:
    """What a start would do, in a line; or why it cannot be done."""
    for problem in problems:
        st.error(plain(problem.summary), icon=":material/error:")
    if problems:
        return
    config = draft.config()
    card = dataset_card(config.dataset)
    counts = image_counts(card, config.training)
    held_back = f", {counts.validation:,} to validate" if counts.validation else ", the test images watched"
    # Whole groups are held back: how many images that are is seen when they are read.
    about = "About " if counts.validation and card.is_own and has_groups(card.name) else ""
    st.caption(
        f"{about}{counts.train:,} images to learn from{held_back} · {config.training.epochs} × {counts.steps:,} steps",
    )
    if len(active_runs()) >= runs_at_once():
        st.caption(":material/hourglass_top: Others are training: this run will wait for its turn.")


def _dataset(draft: Draft) -> DatasetCard:
    st.session_state["dataset"] = draft.settings["dataset"]
    titles = dataset_titles()
    st.selectbox(
        "Dataset",
        dataset_names(),
        format_func=lambda name: titles.get(name, name),
        key="dataset",
        on_change=_start_from_choice,
    )
    card = dataset_card(draft.settings["dataset"])
    state = dataset_state(card.name)
    if state.state != "ready":
        st.warning(plain(state.message), icon=":material/download:")
        return card
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"{card.train_count:,} training and {card.test_count:,} test images, {len(card.class_names):,} classes."
        )
        st.page_link(
            "data.py", label="Look at them", icon=":material/photo_library:", query_params={"dataset": card.name}
        )
    _balance(draft, card)
    return card


def _balance(draft: Draft, card: DatasetCard) -> None:
    """Where classes have unequally many images, say so, and offer what makes up for it."""
    times = imbalance(card)
    if times < IMBALANCED:
        return
    unequal = f":material/balance: The largest class has {times:,.0f} times the images of the smallest"
    if draft.settings["training"]["class_weights"] == "balanced":
        st.caption(f"{unequal}; class weights make up for it.")
        return
    st.caption(f"{unequal}: a network that looks for few errors neglects the small ones.")
    st.button(
        "Let all classes count alike",
        icon=":material/balance:",
        type="tertiary",
        on_click=fields.set_also,
        args=("training", "class_weights", "balanced"),
        help="Sets the class weights, which stand under Training: an image of a small class counts more.",
        key="balance-classes",
    )


def _network(draft: Draft, card: DatasetCard) -> None:
    name, names = draft.settings["preset"], preset_names()
    st.session_state["preset"] = name
    st.selectbox(
        "Network",
        # A run of the command line may bear a name of its own.
        names if name in names else (*names, name),
        format_func=_titles(draft, card),
        key="preset",
        on_change=_start_from_choice,
        help=find_preset(name).description if name in preset_names() else None,
    )
    if name in TITLES:
        st.caption("A large network; its settings are under Transfer.")
        return
    if name not in names:
        st.caption("A network of the command line.")
        return
    if draft.is_changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("changed", icon=":material/edit:", color="orange")
            st.button(
                "Back to the preset",
                icon=":material/restart_alt:",
                type="tertiary",
                on_click=start_from,
                args=(card.name, name),
                help="All settings as this network comes with them.",
                key="back-to-preset",
            )
    else:
        promised = _promised(name, card)
        # Where nothing was trained yet, the machine that it was measured on stands for this one.
        where = " here" if _pace() else " on two cores"
        reached = f" About {promised[0]} of the test images right, in about {promised[1]}{where}." if promised else ""
        st.caption(find_preset(name).summary + reached)
    _fitted(draft, name, card)


def _titles(draft: Draft, card: DatasetCard) -> Callable[[str], str]:
    """Titles of the networks, with what they reach and how long they take where that is known."""

    def title(name: str) -> str:
        if name not in preset_names():
            return TITLES.get(name, name)
        # What was changed since keeps no promise.
        is_as_it_comes = name != draft.settings["preset"] or not draft.is_changed
        promised = _promised(name, card) if is_as_it_comes else None
        return find_preset(name).title + (f" · {promised[0]}, {promised[1]}" if promised else "")

    return title


def _promised(name: str, card: DatasetCard) -> tuple[str, str] | None:
    """What a preset reaches on the dataset and how long it takes, in words; ``None`` where nobody measured it.

    As long as it takes here, or on the machine that it was measured on, where nothing was trained here yet.
    """
    promise = find_preset(name).promise
    if promise is None or card.name != PROMISED_DATASET:
        return None
    return f"{promise.accuracy:.1%}", roughly(promise.seconds * (_pace() or 1.0))


@st.cache_data(ttl=60, show_spinner=False)
def _pace() -> float | None:
    return pace_here()


def _fitted(draft: Draft, name: str, card: DatasetCard) -> None:
    """What was fitted to the dataset without being asked."""
    model, training = draft.settings["model"], draft.settings["training"]
    if model["enlarge_to"] and model["enlarge_to"] > min(card.height, card.width):
        st.caption(
            f":material/zoom_in: Images of {card.height}×{card.width} are too small for this network: it enlarges them "
            f"to {model['enlarge_to']}×{model['enlarge_to']} first."
        )
    fitted = draft.preset_config()
    usual = find_preset(name).training.batch_size
    if fitted and training["batch_size"] == fitted.training.batch_size != usual:
        st.caption(":material/tune: A small dataset: smaller batches and more epochs than usual.")


def _start_from_choice() -> None:
    dataset, preset, draft = st.session_state["dataset"], st.session_state["preset"], current_draft()
    # A click that comes when the form has gone already repeats all choices: they are no new ones.
    if (dataset, preset) == (draft.settings["dataset"], draft.settings["preset"]):
        return
    transfer = draft.settings["transfer"]
    with errors_toasted():
        if preset != draft.settings["preset"] or transfer is None:
            start_from(dataset, preset if preset in preset_names() else preset_names()[0])
        elif transfer["kind"] == "run":
            propose_from_run(transfer["run"], dataset)
        else:
            propose_imagenet(dataset, transfer["network"], transfer["weights"])
