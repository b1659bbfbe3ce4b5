"""Which runs belong to a duel, and how they stand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cnn_core.duel.networks import KINDS, TITLES, Kind, kind_of, parameter_count
from cnn_core.duel.settings import PRESETS, duel_kind
from cnn_core.errors import RunError
from cnn_core.evaluation.measures import wilson_interval
from cnn_core.evaluation.predictions import LabelledLogits
from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.store import list_runs
from cnn_core.runs.summary import is_changed


@dataclass(frozen=True)
class Corner:
    """One of the places of a duel.

    Attributes:
        name: In an address.
        kind: Of network.
        is_shuffled: Whether it sees shuffled pixels: the control.
    """

    name: str
    kind: Kind
    is_shuffled: bool

    @property
    def title(self) -> str:
        """For people: "CNN, shuffled"."""
        return TITLES[self.kind] + ", shuffled" * self.is_shuffled


CORNERS = tuple(
    Corner(f"{kind}-shuffled" if is_shuffled else kind, kind, is_shuffled)
    for is_shuffled in (False, True)
    for kind in KINDS
)


@dataclass(frozen=True, eq=False)
class Standing:
    """How one run of a duel stands.

    Attributes:
        corner: Its place.
        status: How far it is.
        parameters: Of its network.
        seconds: Of its epochs so far, without the start and the evaluation.
        history: A row a finished epoch.
        answers: For the test images; ``None`` while there are none.
    """

    corner: Corner
    run: Run
    record: RunRecord
    status: RunStatus
    parameters: int
    seconds: float
    history: pd.DataFrame
    answers: LabelledLogits | None

    @property
    def accuracy(self) -> float | None:
        """Of the test images, as a fraction; ``None`` while they were not answered."""
        return None if self.answers is None else float(self.answers.is_right.mean())

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the accuracy."""
        return None if self.answers is None else wilson_interval(int(self.answers.is_right.sum()), len(self.answers))


def standing(corner: Corner, run: Run) -> Standing:
    """How a run stands.

    Raises:
        RunError: It was deleted or is damaged, or no duel has such a network in this corner.
    """
    record, status, history = run.record(), run.status(), run.history()
    if corner_of(record) != corner:
        raise RunError(
            f"Run '{run.id}' is no {corner.title} of a duel. Start a new duel, or choose the runs by hand for the "
            "sweeps below."
        )
    shape, class_count = record.data.input_shape, len(record.data.class_names)
    return Standing(
        corner,
        run,
        record,
        status,
        parameter_count(record.model, shape, class_count),
        float(history["seconds"].sum()),
        history,
        run.predictions() if run.has_report else None,
    )


def corner_of(record: RunRecord) -> Corner | None:
    """The place that a run has in a duel: it is called by it, and began with chance and labels; ``None``: none."""
    kind = duel_kind(record.preset)
    has_help = record.transfer is not None or record.training.teachers
    if kind is None or has_help or kind_of(record.model) != kind:
        return None
    return next(one for one in CORNERS if (one.kind, one.is_shuffled) == (kind, record.model.shuffle_pixels))


def newest_duel() -> dict[str, str]:
    """The ids of the runs of the newest duel, by the name of their corner; empty where there was none.

    Runs belong together where they differ in nothing but the network, and in the epochs of the two kinds. Of several
    in one corner the newest counts. Runs that were trained otherwise than a duel's are left out.
    """
    # Of most runs the name says enough: they need not be read.
    runs = [run for run in list_runs() if any(preset in run.id for preset in PRESETS.values())]
    records = [
        (record, run.id) for run in runs if (record := readable_record(run)) is not None and not is_changed(record)
    ]
    # Not by their names: those of one second are in no order.
    records.sort(key=lambda entry: -entry[0].created)
    found: dict[str, tuple[RunRecord, str]] = {}
    for record, run_id in records:
        corner = corner_of(record)
        if corner and corner.name not in found and not any(_differences(record, other) for other, _ in found.values()):
            found[corner.name] = record, run_id
    return {corner.name: found[corner.name][1] for corner in CORNERS if corner.name in found}


def _differences(one: RunRecord, other: RunRecord) -> list[str]:
    """What two runs differ in beside their networks and what is kept on the way, in words; empty in a duel."""
    # The two kinds may learn for as long, and so for other numbers of epochs; a network and its control may not.
    left_out = {"snapshots"} | ({"epochs"} if duel_kind(one.preset) != duel_kind(other.preset) else set())
    trained, also_trained = (record.training.model_dump(exclude=left_out) for record in (one, other))
    parts = {
        "images": (one.data.checksum, other.data.checksum),
        "seed": (one.seed, other.seed),
        "augmentation": (one.augmentation, other.augmentation),
    }
    settings = {name.replace("_", " "): (value, also_trained[name]) for name, value in trained.items()}
    return [name for name, (own, others) in {**parts, **settings}.items() if own != others]


def readable_record(run: Run) -> RunRecord | None:
    """What a run was asked for; ``None`` where that cannot be read."""
    try:
        return run.record()
    except RunError:
        return None


def check_duel(standings: Mapping[str, Standing]) -> str | None:
    """What is wrong with comparing these runs; ``None`` where nothing is."""
    checksums = {one.record.data.checksum for one in standings.values()}
    if len(checksums) > 1:
        titles = sorted({one.record.data.title for one in standings.values()})
        return f"These runs learned from different images ({', '.join(titles)}), so their curves do not compare."
    for one, other in itertools.combinations(standings.values(), 2):
        if found := _differences(one.record, other.record):
            return (
                f"{one.corner.title} and {other.corner.title} differ in more than the network ({', '.join(found)}), so "
                "what they reach does not compare. Start a new duel, or choose the runs by hand for the sweeps below."
            )
    return None
