"""The tab "Transfer": whether the network starts from chance, from a run's features, or from an ImageNet network's."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig, RunTransfer
from cnn_core.models.presets import preset_names
from cnn_core.models.summary import describe
from pages.parts.boundary import errors_toasted
from pages.parts.choose_run import run_label
from pages.parts.draft import Draft, change, current_draft, put_aside, renew, start_from
from pages.parts.form import fields
from pages.parts.form.finished import finished_networks
from pages.parts.form.problems import Problem
from pages.parts.form.proposals import propose_from_run, propose_imagenet
from pages.parts.form.transfer_imagenet import from_imagenet
from pages.parts.form.transfer_stages import stages
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
        from_imagenet(draft)


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
    found = finished_networks(lambda record: bool(record.model.blocks))
    return {run_id: run_label(row) for run_id, row in found.items()}


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
        stages(draft)
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
