"""With which settings a run trains, in a line and in full."""

from __future__ import annotations

import html

import streamlit as st

from cnn_core.config import AugmentationConfig, Precision, RunConfig, TrainingConfig
from cnn_core.models.summary import describe
from cnn_core.runs.directory import Run
from cnn_core.runs.notes import Notes
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.wording import epochs_in_words, share_in_words
from pages.parts.boundary import errors_told
from pages.parts.code_view import code_view
from pages.parts.form.essentials import OPTIMIZERS
from pages.parts.words import plain


def settings_line(record: RunRecord, notes: Notes) -> None:
    """Show a run's most telling settings in a line, and what a person wrote about it."""
    training = record.training
    parts = [
        f"{record.preset} on {record.data.title}",
        epochs_in_words(training.total_epochs),
        *([f"{share_in_words(training.train_share)} of the images"] if training.train_share < 1 else []),
        f"batches of {training.batch_size}",
        f"{OPTIMIZERS[training.optimizer]} at {training.learning_rate:g}, {training.schedule}",
        ", ".join(augmentation_words(record.augmentation)) or "no augmentation",
        *([f"{count} teacher network{'s' * (count > 1)}"] if (count := len(training.teachers)) else []),
        f"seed {record.seed}",
    ]
    with st.container(width="content", gap="small"):
        st.caption(" · ".join(map(plain, parts)))
        if notes.text:
            # As it was written, line by line.
            st.html(f'<div class="cnn-lab-notes">{html.escape(notes.text)}</div>')


def show_settings(record: RunRecord, status: RunStatus) -> None:
    """Offer all settings, and what the training computes in."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        network, training, augmentation = st.columns(3)
        with network:
            _list("Network", network_words(record))
        with training:
            _list("Training", training_words(record.training, record.seed, status.precision))
        with augmentation:
            _list("Augmentation", augmentation_words(record.augmentation) or ["none"])


def show_code(run: Run, record: RunRecord) -> None:
    """Offer the run as a script; it is written when it is asked for."""
    expander = st.expander("Show the code", icon=":material/code:", on_change="rerun", key=f"code-{run.id}")
    if expander.open:
        with expander, errors_told():
            code_view(record, key=f"code-{run.id}")


def _list(title: str, lines: list[str]) -> None:
    st.markdown(f"**{title}**\n" + "".join(f"\n- {plain(line)}" for line in lines))


def network_words(config: RunConfig) -> list[str]:
    """The network from the image to the output, a line a block."""
    model, transfer = config.model, config.transfer
    lines = [f"images enlarged to {model.enlarge_to}×{model.enlarge_to}"] if model.enlarge_to else []
    if model.shuffle_pixels:
        lines.append("all pixels shuffled first, always in the same way")
    if transfer is not None and transfer.kind == "imagenet":
        lines.append(f"{transfer.network}, {transfer.weights} weights, {transfer.frozen_share:.0%} frozen")
    elif transfer is not None:
        lines.append(f"first {transfer.blocks} blocks from run {transfer.run}, {transfer.frozen_blocks} frozen")
    lines += [f"{number}: {describe(block)}" for number, block in enumerate(model.blocks, start=1)]
    if model.features == "global-average":
        lines.append("mean of each feature map")
    return [*lines, *([f"dropout {model.dropout:.0%} before the output"] if model.dropout else [])]


def training_words(training: TrainingConfig, seed: int, precision: Precision | None) -> list[str]:
    """How it is trained: what every run has, and what this one departs from the usual in."""
    usual = TrainingConfig()
    chosen = {
        "weight decay": training.weight_decay,
        "label smoothing": training.label_smoothing,
        "learns from what is said by": training.teachers and _teachers_words(training),
        "gradients clipped at": training.clip_norm,
        "weights averaged by": training.ema_decay,
        "early stopping after": training.patience and f"{epochs_in_words(training.patience)} without a better one",
        "class weights": training.class_weights != usual.class_weights and training.class_weights,
        "weights kept": training.snapshots and "after each epoch",
        "share of the images": training.train_share != usual.train_share and share_in_words(training.train_share),
    }
    return [
        f"{epochs_in_words(training.epochs)}, batches of {training.batch_size}",
        *(f"{epochs_in_words(more.epochs)} more at {more.learning_rate:g}" for more in training.continuations),
        f"{OPTIMIZERS[training.optimizer]}, learning rate {training.learning_rate:g}, {training.schedule}",
        *(f"{name} {value if isinstance(value, str) else f'{value:g}'}" for name, value in chosen.items() if value),
        f"protocol: {training.protocol}; "
        + (f"best epoch by {training.monitor}" if training.keeps_best else "the last epoch is kept"),
        f"seed {seed}" + (", deterministic" if training.deterministic else ""),
        *([f"computed in {precision}"] if precision else []),
    ]


def _teachers_words(training: TrainingConfig) -> str:
    return f"{', '.join(training.teachers)} ({training.teacher_share:.0%} of the target)"


def augmentation_words(augmentation: AugmentationConfig) -> list[str]:
    """What happens to the training images, a few words each; nothing for what is off."""
    said = {
        "mirrored": augmentation.horizontal_flip and " ",
        "shifted by up to": augmentation.shift_pixels and f"{augmentation.shift_pixels} px",
        "turned by up to": augmentation.rotate_degrees and f"{augmentation.rotate_degrees:g}°",
        "zoomed by up to": augmentation.zoom and f"{augmentation.zoom:.0%}",
        "contrast by up to": augmentation.contrast and f"{augmentation.contrast:.0%}",
        "noise": augmentation.noise and f"{augmentation.noise:.0%}",
        "erased in part:": augmentation.erase_probability and f"{augmentation.erase_probability:.0%} of them",
        "as photos:": augmentation.photos and f"{augmentation.photos:.0%} of them",
        "as drawings:": augmentation.drawings and f"{augmentation.drawings:.0%} of them",
        "sketches instead:": augmentation.sketches and f"of {augmentation.sketches:.0%} of them",
        "mixup": augmentation.mixup and f"{augmentation.mixup:g}",
        "cutmix": augmentation.cutmix and f"{augmentation.cutmix:g}",
    }
    return [f"{name} {value}".strip() for name, value in said.items() if value]
