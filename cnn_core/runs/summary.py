"""Runs in one row each, whatever state their files are in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cnn_core.config import RunConfig, replace
from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.duel.settings import duel_config, duel_kind
from cnn_core.errors import ConfigError, DatasetError, RunError
from cnn_core.models.presets import preset_config
from cnn_core.runs.directory import Run
from cnn_core.runs.record import ACTIVE, RunRecord, State


@dataclass(frozen=True)
class RunSummary:
    """A run in one row. A run that cannot be read has the state ``damaged``, and ``message`` says why.

    Attributes:
        name: What a person called it; empty where nobody did.
        note: What a person wrote about it.
        epochs: Finished or under way.
        total_epochs: As asked, those added later included.
        seconds: Of the training so far; ``None`` before its start.
        val_accuracy: Of the network that is kept; of the best epoch so far while there is no evaluation yet. ``None``
            for a run that watches the test images: it has no validation images.
        has_curve: Whether it finished an epoch.
        message: Why it failed, or it or its evaluation cannot be read; ``None`` where there is nothing to say.
    """

    id: str
    path: str
    state: State | Literal["damaged"]
    name: str = ""
    note: str = ""
    dataset: str | None = None
    preset: str | None = None
    is_changed: bool = False
    created: float | None = None
    epochs: int = 0
    total_epochs: int = 0
    test_accuracy: float | None = None
    val_accuracy: float | None = None
    has_curve: bool = False
    parameters: int | None = None
    seconds: float | None = None
    has_checkpoint: bool = False
    message: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is running or waits for its turn."""
        return self.state in ACTIVE

    @property
    def network(self) -> str:
        """The preset's name, and whether the run departs from it."""
        return f"{self.preset}, changed" if self.is_changed else f"{self.preset}"

    @property
    def title(self) -> str:
        """What a person called it; else its network, and the end of its id, which tells it from its like."""
        return self.name or (self.id if self.preset is None else f"{self.network} · {self.id[-4:]}")


def summarise(run: Run) -> RunSummary:
    """A run in one row, whatever state its files are in.

    One whose evaluation cannot be read stands there without its figures, and ``message`` says why.
    """
    try:
        record, status, notes = run.record(), run.status(), run.notes()
    except RunError as error:
        return RunSummary(run.id, str(run.path), "damaged", message=str(error))
    report, message = None, status.error
    try:
        report = run.stored_report() if run.has_report else None
    except RunError as error:
        message = message or str(error)
    watched_accuracy = report.val_accuracy if report else _best_watched_accuracy(run)
    return RunSummary(
        id=run.id,
        path=str(run.path),
        state=status.state,
        name=notes.name,
        note=notes.text,
        dataset=record.dataset,
        preset=record.preset,
        is_changed=is_changed(record),
        created=record.created,
        epochs=status.epoch,
        total_epochs=status.epochs,
        test_accuracy=report.accuracy if report else None,
        val_accuracy=watched_accuracy if record.training.protocol == "validation" else None,
        has_curve=watched_accuracy is not None,
        parameters=report.parameters if report else None,
        seconds=status.seconds,
        has_checkpoint=run.has_checkpoint,
        message=message,
    )


def _best_watched_accuracy(run: Run) -> float | None:
    try:
        accuracies = run.history()["val_accuracy"].dropna()
    except RunError:
        # The row says much else, and the run's own page says what is wrong.
        return None
    return None if accuracies.empty else float(accuracies.max())


def is_changed(record: RunRecord) -> bool:
    """Whether a run was trained otherwise than its preset says, its seed apart."""
    try:
        asked = _as_proposed(record)
    except (ConfigError, DatasetError):
        return True
    # What is kept beside the network does not make it another one.
    kept_alike = record.training.model_copy(update={"snapshots": asked.training.snapshots})
    trained = record.model_copy(update={"training": kept_alike})
    return any(getattr(trained, name) != getattr(asked, name) for name in type(asked).model_fields)


def _as_proposed(record: RunRecord) -> RunConfig:
    card = dataset_card(record.dataset)
    if (kind := duel_kind(record.preset)) is not None:
        # How long it lasts, and whether pixels are shuffled, belongs to the duel.
        asked = duel_config(kind, card, is_shuffled=record.model.shuffle_pixels, seed=record.seed)
        return replace(asked, training={"epochs": record.training.epochs})
    return preset_config(record.preset, card, seed=record.seed)


def best_first(rows: Iterable[RunSummary], per_dataset: int = 5) -> list[RunSummary]:
    """The most accurate runs on each dataset, a dataset at a time: accuracies compare within one only."""
    tested = sorted((row for row in rows if row.test_accuracy is not None), key=lambda row: -(row.test_accuracy or 0))
    return [row for name in dataset_names() for row in [row for row in tested if row.dataset == name][:per_dataset]]
