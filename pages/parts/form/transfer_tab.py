"""The tab "Transfer": whether the network starts from chance, from a run's features, or from an ImageNet network's."""

from __future__ import annotations

from typing import Any, Literal, get_args

import streamlit as st

from cnn_core.config import ImageNetName, ImageNetTransfer, RunConfig, RunTransfer
from cnn_core.data.catalogue import dataset_card
from cnn_core.errors import RunError
from cnn_core.models.imagenet import TITLES, weights_state
from cnn_core.models.imagenet_facts import imagenet_facts, resting_layers
from cnn_core.models.presets import preset_names
from cnn_core.models.summary import describe
from cnn_core.models.transfer_settings import imagenet_config
from cnn_core.runs.store import list_runs, showcase
from cnn_core.runs.summary import summarise
from pages.parts.boundary import errors_toasted
from pages.parts.choose_run import run_label
from pages.parts.draft import Draft, change, current_draft, put_aside, renew, start_from
from pages.parts.form import fields
from pages.parts.form.problems import Problem
from pages.parts.form.proposals import propose_from_run, propose_imagenet
from pages.parts.words import plain

_KINDS = {"none": "From scratch", "run": "From a run", "imagenet": "From ImageNet"}
_EXPLAINED = {
    "none": "All weights start from chance and are learned from the images of the dataset.",
    "run": "The first blocks start with what a run has learned, and only the rest from chance: with few images, or for "
    "a related task, that is quicker and often better. At first only what is new learns; then all of it, in "
    "smaller steps.",
    "imagenet": "A large network whose features were learned from 1.3 million photos, with a new output. It looks at "
    "colour images of its own size, so a step costs much more than with the small networks.",
}
_NETWORKS = fields.options_of(get_args(ImageNetName), dict(TITLES))
_WEIGHTS = {"imagenet": "ImageNet", "random": "Random"}


def transfer_tab(draft: Draft, problems: list[Problem]) -> None:  # noqa: ARG001 - as every tab
    """Show where the weights start from, and what becomes of them."""
    kind = _kind(draft)
    key = fields.widget_key("", "transfer")
    st.segmented_control(
        "The weights start",
        list(_KINDS),
        default=kind,
        format_func=_KINDS.__getitem__,
        required=True,
        key=key,
        on_change=lambda: _choose_kind(st.session_state[key]),
    )
    st.caption(_EXPLAINED[kind])
    if kind == "run":
        _from_run(draft)
    elif kind == "imagenet":
        _from_imagenet(draft)


def _choose_kind(kind: str) -> None:
    draft = current_draft()
    if kind == _kind(draft):
        return
    dataset, preset = draft.settings["dataset"], draft.settings["preset"]
    with errors_toasted():
        if kind == "run":
            propose_from_run(next(iter(_rows())), dataset)
        elif kind == "imagenet":
            propose_imagenet(dataset)
        elif preset in preset_names():
            put_aside("The weights start from chance; all other settings are as they were.")
            change("", "transfer", None)
        else:
            start_from(dataset, preset_names()[0])
    # Where it cannot be had, the choice is again what the settings say.
    if _kind(current_draft()) != kind:
        renew("", "transfer")


def _kind(draft: Draft) -> str:
    transfer = draft.settings["transfer"]
    return transfer["kind"] if transfer else "none"


def _choose_run(run_id: str) -> None:
    settings = current_draft().settings
    if run_id != settings["transfer"]["run"]:
        with errors_toasted():
            propose_from_run(run_id, settings["dataset"])


def _rows() -> dict[str, str]:
    """The runs whose features can be taken, by id, with what they are called; the showcase is always among them."""
    found = {}
    for run in [*list_runs(), showcase()]:
        row = summarise(run)
        try:
            has_blocks = bool(run.record().model.blocks)
        except RunError:
            continue
        if run.has_model and has_blocks and not row.is_active:
            found[run.id] = run_label(row)
    return found


def _from_run(draft: Draft) -> None:
    transfer, rows = draft.settings["transfer"], _rows()
    key = fields.widget_key("transfer", "run")
    asked = transfer["run"]
    st.selectbox(
        "Run",
        list(rows) if asked in rows else [asked, *rows],
        index=list(rows).index(asked) if asked in rows else 0,
        format_func=lambda run_id: rows.get(run_id, run_id),
        key=key,
        on_change=lambda: _choose_run(st.session_state[key]),
        help="Runs that have a network and are not under way, the newest first.",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        fields.number(
            st,
            "Blocks taken",
            RunTransfer,
            "transfer",
            "blocks",
            help="From the image on. The first blocks see edges and textures, which serve many tasks; later ones are "
            "about the task that they were learned for",
        )
        fields.number(
            st,
            "Frozen up to block",
            RunTransfer,
            "transfer",
            "frozen_blocks",
            help="So many of them never change. With few images, freeze more. 0 freezes none",
        )
        _stages(draft)
    with right:
        st.markdown("**What becomes of the blocks**")
        config, mended = draft.possible()
        is_known = not mended & {"model", "training", "transfer"}
        for number, block in enumerate(config.model.blocks, start=1):
            fate = _fate(config, number) if is_known else "–"
            st.markdown(f"{fate}  \n:small[:gray[{number} · {plain(describe(block))}]]")
        st.markdown(":material/fiber_new: **new**  \n:small[:gray[Output]]")


def _fate(config: RunConfig, number: int) -> str:
    transfer = config.transfer
    if not isinstance(transfer, RunTransfer) or number > transfer.blocks:
        return ":material/fiber_new: **new**"
    if number <= transfer.frozen_blocks or transfer.head_epochs >= config.training.epochs:
        return ":material/lock: **taken**, never changes"
    if transfer.head_epochs == 0:
        return ":material/tune: **taken**, then fine-tuned"
    return f":material/tune: **taken**, fine-tuned from epoch {transfer.head_epochs + 1}"


def _from_imagenet(draft: Draft) -> None:
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
        _stages(draft)
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


def _stages(draft: Draft) -> None:
    transfer, epochs = draft.settings["transfer"], draft.settings["training"]["epochs"]
    section = ImageNetTransfer if transfer["kind"] == "imagenet" else RunTransfer
    fields.number(
        st,
        "First epochs for what is new",
        section,
        "transfer",
        "head_epochs",
        help="So many epochs only what is new learns, so that its first large errors do not spoil the features",
    )
    fields.number(
        st,
        "Fine-tuning rate, % of the rate before",
        section,
        "transfer",
        "fine_tune_rate",
        factor=100,
        step=5,
        format="%.4g",
        help="Afterwards all that is not frozen learns in smaller steps: 10 % is usual",
    )
    if transfer["head_epochs"] >= epochs:
        st.caption(f"All {epochs} epochs are for what is new: the taken features are never fine-tuned.")
