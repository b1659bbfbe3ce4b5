"""The tab "Training": how the weights are found, in groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import get_args

import streamlit as st

from cnn_core.config import (
    MOST_TEACHERS,
    LossName,
    Monitor,
    PrecisionName,
    Protocol,
    RunConfig,
    TrainingConfig,
)
from cnn_core.data.catalogue import dataset_card
from cnn_core.data.counts import image_counts
from cnn_core.models.teacher_settings import can_teach, teachers_that_know_watched_images
from cnn_core.runs.store import SHOWCASE
from cnn_core.runs.summary import RunSummary
from cnn_core.training.precision import multiplies_bfloat16
from pages.parts.draft import Draft
from pages.parts.form import fields
from pages.parts.form.essentials import OPTIMIZERS
from pages.parts.form.finished import finished_networks
from pages.parts.form.problems import Problem
from pages.parts.form.schedule import schedule_group
from pages.parts.words import percent, plain

_PROTOCOLS = fields.options_of(
    get_args(Protocol),
    {
        "validation": "Hold back validation images, test once at the end",
        "tutorial": "Watch the test images, as the tutorials do",
    },
)
_MONITORS = fields.options_of(
    get_args(Monitor), {"val_accuracy": "Highest validation accuracy", "val_loss": "Lowest validation loss"}
)
_LOSSES = fields.options_of(
    get_args(LossName),
    {
        "sparse_categorical_crossentropy": "Cross-entropy, integer labels",
        "categorical_crossentropy": "Cross-entropy, one-hot labels",
    },
)
_PRECISIONS = fields.options_of(
    get_args(PrecisionName),
    {"auto": "What suits the processor", "float32": "float32", "bfloat16": "bfloat16"},
)
_WEIGHTS = {"none": "All images alike", "balanced": "All classes alike"}


def training_tab(draft: Draft, problems: list[Problem]) -> None:  # noqa: ARG001 - as every tab
    """Show the settings of the training that are not among the essentials."""
    schedule_group(draft)
    left, right = st.columns(2, gap="small")
    with left:
        _optimizer(draft)
        _loss(draft)
        _teachers(draft)
    with right:
        _images(draft)
        _best_epoch(draft)
        _computing(draft)
        _repeatable()


@contextmanager
def group(title: str) -> Iterator[None]:
    """A box around settings that belong together."""
    with st.container(border=True, gap="small"):
        st.markdown(f"**{title}**")
        yield


def _optimizer(draft: Draft) -> None:
    name = draft.settings["training"]["optimizer"]
    with group(f"Optimizer: {OPTIMIZERS[name]}"):
        if name in ("sgd", "muon"):
            left, right = st.columns(2, gap="small", vertical_alignment="bottom")
            fields.number(
                left,
                "Momentum",
                TrainingConfig,
                "training",
                "momentum",
                step=0.05,
                format="%.3g",
                help="How much of the last step goes into the next: 0.9 smooths over about ten steps; 0 is off",
            )
            fields.toggle(
                right,
                "Nesterov",
                "training",
                "nesterov",
                help="Takes the gradient a little ahead, where the momentum leads: often a bit faster.",
            )
        fields.number(
            st,
            "Weight decay",
            TrainingConfig,
            "training",
            "weight_decay",
            step=0.01,
            format="%.4g",
            help="Pulls all weights a little towards zero at every step, as AdamW does: against overfitting. 0 is off; "
            "0.01 to 0.1 goes with AdamW",
        )
        fields.number(
            st,
            "Largest gradient norm",
            TrainingConfig,
            "training",
            "clip_norm",
            step=0.5,
            format="%.3g",
            help="Shortens longer gradients to this length: against jumps of the loss. 0 is off, 1 is usual",
        )


def _loss(draft: Draft) -> None:
    training = draft.settings["training"]
    with group("Loss"):
        fields.choice(
            st,
            "Kind",
            "training",
            "loss",
            _LOSSES,
            help="Both are the same loss; only the one-hot form knows label smoothing and mixed labels.",
            on_choice=lambda chosen: _leave_one_hot_labels() if chosen == "sparse_categorical_crossentropy" else None,
        )
        fields.number(
            st,
            "Label smoothing",
            TrainingConfig,
            "training",
            "label_smoothing",
            step=0.05,
            format="%.2f",
            help="Share of the target that is given to all classes alike: the network is less sure of itself, and "
            "often a little better. 0 is off, 0.1 is usual",
            on_change=lambda entered: (
                fields.set_also("training", "loss", "categorical_crossentropy") if entered > 0 else None
            ),
        )
        if training["label_smoothing"] > 0:
            st.caption("Smoothed labels need the one-hot form: the loss is set to it.")
        if training["teachers"]:
            st.caption("What teachers say needs the one-hot form: with integer labels they are taken out.")
        fields.choice(
            st,
            "Class weights",
            "training",
            "class_weights",
            _WEIGHTS,
            help="Where classes have unequally many images: whether every image counts alike, or every class.",
        )


def _leave_one_hot_labels() -> None:
    """Set what integer labels cannot say to nothing."""
    fields.set_also("training", "label_smoothing", 0.0)
    _set_teachers(())


def _set_teachers(teachers: Sequence[str]) -> None:
    """Set what goes with them: the loss that can learn from them or, without any, the usual share."""
    fields.set_also("training", "teachers", tuple(teachers))
    if teachers:
        fields.set_also("training", "loss", "categorical_crossentropy")
    else:
        fields.set_also("training", "teacher_share", TrainingConfig().teacher_share)


def _teachers(draft: Draft) -> None:
    teachers = draft.settings["training"]["teachers"]
    offered = _teachers_offered(draft)
    with group("Knowledge distillation"):
        fields.several(
            st,
            "Teacher networks",
            "training",
            "teachers",
            offered,
            help="What trained networks say of an image tells more than its label, such as that this shirt is nearly a "
            "coat. What several networks agree on, or a larger one knows, one small network can learn. Runs on the "
            "same images are offered, with their accuracy on validation images.",
            placeholder="None: learn from the labels alone" if offered else "No evaluated run on these images yet",
            most=MOST_TEACHERS,
            on_change=_set_teachers,
        )
        if not teachers:
            st.caption("Learn from what trained networks say of the images, beside the labels.")
            return
        fields.number(
            st,
            "Their share of the target, %",
            TrainingConfig,
            "training",
            "teacher_share",
            factor=100,
            step=10,
            format="%.4g",
            help="Of what the network is to say. The rest is the label, so that what a teacher has wrong is not "
            "learned whole; 90 is a good start",
        )
        st.caption("They are asked about every training image once, before the first epoch.")
        config, mended = draft.possible()
        if not mended & {"training", "seed"} and (knowing := teachers_that_know_watched_images(config)):
            st.caption(
                ":material/info: The validation figures of the new run will look better than they are: "
                f"{plain(', '.join(knowing))} learned from images that it is watched on (another seed, share or "
                "protocol). The test images are not concerned."
            )


def _teachers_offered(draft: Draft) -> dict[str, str]:
    """The runs that can teach, the most accurate on their validation images first: the test images must not choose."""
    card = dataset_card(draft.settings["dataset"])
    rows = finished_networks(lambda record: can_teach(record, card)).values()
    # Of an interrupted run that was not evaluated nobody knows what its answers are worth.
    rows = [row for row in rows if row.test_accuracy is not None]
    return {row.id: _teacher_label(row) for row in sorted(rows, key=lambda row: -(row.val_accuracy or 0.0))}


def _teacher_label(row: RunSummary) -> str:
    """Short, for a narrow box; distinct for distinct runs."""
    if row.id == SHOWCASE:
        return f"{percent(row.val_accuracy)} · the showcase"
    return f"{percent(row.val_accuracy)} · {row.name or row.preset} · {row.id[-4:]}"


def _images(draft: Draft) -> None:
    config, mended = draft.possible()
    counts = image_counts(dataset_card(config.dataset), config.training)
    held_back, learned = ("–", "–") if "training" in mended else (f"{counts.validation:,}", f"{counts.train:,}")
    with group("Images"):
        fields.choice(
            st,
            "Test images",
            "training",
            "protocol",
            _PROTOCOLS,
            help="Who watches the test images while training, and chooses by them, gets figures that are too good. The "
            "classic tutorials do; choose it to compare with them.",
            on_choice=lambda chosen: fields.set_also("training", "patience", 0) if chosen == "tutorial" else None,
        )
        left, right = st.columns(2, gap="small")
        if draft.settings["training"]["protocol"] == "validation":
            fields.number(
                left,
                "Validation, %",
                TrainingConfig,
                "training",
                "validation_share",
                factor=100,
                step=5,
                format="%.4g",
                help="Training images that are held back to see how well the network does on images it never saw",
            )
            left.caption(f"{held_back} images")
        fields.number(
            right,
            "Learned from, %",
            TrainingConfig,
            "training",
            "train_share",
            factor=100,
            step=10,
            format="%.4g",
            help="Of the remaining training images. Fewer of them show what more data is worth",
        )
        right.caption(f"{learned} images")


def _best_epoch(draft: Draft) -> None:
    training = draft.settings["training"]
    with group("What is kept"):
        if training["protocol"] == "tutorial":
            st.caption("The last epoch: watched test images must not choose.")
        else:
            fields.toggle(
                st,
                "Keep the best epoch, not the last",
                "training",
                "restore_best",
                help="The network is saved as it was after its best epoch on the validation images.",
            )
            fields.choice(
                st,
                "Best is the",
                "training",
                "monitor",
                _MONITORS,
                help="What decides which epoch is the best, and when early stopping stops.",
            )
            fields.number(
                st,
                "Early stopping: patience, epochs",
                TrainingConfig,
                "training",
                "patience",
                help="Ends the run when so many epochs in a row have brought nothing better. 0 is off, 5 is usual",
            )
        fields.number(
            st,
            "Moving average of the weights",
            TrainingConfig,
            "training",
            "ema_decay",
            step=0.001,
            format="%.5g",
            help="Evaluates and keeps the mean of the last weights instead of the weights themselves: smoother, often "
            "better. 0 is off, 0.999 averages over about 1,000 steps",
        )
        if draft.settings["training"]["ema_decay"]:
            fields.toggle(
                st,
                "The average forgets the first weights",
                "training",
                "ema_warm_up",
                help="Right from scratch. When a network that is good already is fine-tuned, turn it off: the average "
                "then keeps some of what it knew",
            )
        fields.toggle(
            st,
            "Keep the weights of each epoch",
            "training",
            "snapshots",
            help="For the page Learn: a slider over the epochs shows how kernels and feature maps came to be. It "
            "changes nothing of the result. It takes 2 bytes a parameter and epoch, about 1 MB an epoch for the preset "
            "best, and at most 200 MB a run: where all epochs would take more, every second or fourth is kept.",
        )


def _computing(draft: Draft) -> None:
    with group("Computing"):
        fields.choice(
            st,
            "Number format",
            "training",
            "precision",
            _PRECISIONS,
            help="Of the feature maps while training. bfloat16 has the range of float32 and 2 to 3 digits: faster on "
            "processors that multiply such numbers by themselves, slower on others. Weights and answers are float32.",
        )
        if draft.settings["training"]["precision"] == "auto":
            st.caption(f"Here: {'bfloat16' if multiplies_bfloat16() else 'float32'}")


def _repeatable() -> None:
    with group("Repeatability"):
        fields.number(
            st,
            "Seed",
            RunConfig,
            "",
            "seed",
            step=1,
            help="Decides split, first weights, order of the images, augmentation. Train with several seeds to see how "
            "much a result is luck",
        )
        fields.toggle(
            st,
            "Deterministic",
            "training",
            "deterministic",
            help="The same bits every time, on the same machine and versions. Slower; for comparisons to the last "
            "digit.",
        )
