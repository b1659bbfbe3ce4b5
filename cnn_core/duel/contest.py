"""Which runs belong to a duel, how they stand, and how a duel is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.duel.networks import KINDS, TITLES, Kind, kind_of, parameter_count
from cnn_core.duel.settings import PRESETS, duel_config, duel_kind
from cnn_core.errors import RunError
from cnn_core.evaluation.measures import wilson_interval
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import Launcher
from cnn_core.runs.notes import Notes
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.store import create_run, list_runs


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
        accuracy: Of the test images, as a fraction; ``None`` while they were not answered.
        interval: Wilson's 95 % interval of it.
    """

    corner: Corner
    run: Run
    record: RunRecord
    status: RunStatus
    parameters: int
    seconds: float
    history: pd.DataFrame
    accuracy: float | None
    interval: tuple[float, float] | None


def standing(corner: Corner, run: Run) -> Standing:
    """How a run stands.

    Raises:
        RunError: It was deleted or is damaged, or its network is of another kind than its corner says.
    """
    record, status, history = run.record(), run.status(), run.history()
    if (kind_of(record.model), record.model.shuffle_pixels) != (corner.kind, corner.is_shuffled):
        raise RunError(
            f"Run '{run.id}' is no {corner.title}: its network is another one. Start a new duel, or choose the runs by "
            "hand for the sweeps below."
        )
    accuracy, interval = _test_accuracy(run)
    shape, class_count = record.data.input_shape, len(record.data.class_names)
    return Standing(
        corner,
        run,
        record,
        status,
        parameter_count(record.model, shape, class_count),
        float(history["seconds"].sum()),
        history,
        accuracy,
        interval,
    )


def _test_accuracy(run: Run) -> tuple[float | None, tuple[float, float] | None]:
    if not run.has_report:
        return None, None
    report = run.stored_report()
    return report.accuracy, wilson_interval(round(report.accuracy * report.test_count), report.test_count)


def newest_duel() -> dict[str, str]:
    """The ids of the runs of the newest duel, by the name of their corner; empty where there was none.

    Runs belong together where they learned from the same dataset with the same seed: then they differ in nothing but
    the network. Of several in one corner the newest counts.
    """
    # Of most runs the name says enough: they need not be read.
    runs = [run for run in list_runs() if any(preset in run.id for preset in PRESETS.values())]
    records = [(record, run.id) for run in runs if (record := _record(run)) is not None]
    # Not by their names: those of one second are in no order.
    records.sort(key=lambda entry: -entry[0].created)
    found: dict[str, str] = {}
    for record, run_id in records:
        first = records[0][0]
        kind = duel_kind(record.preset)
        if kind is not None and (record.data.checksum, record.seed) == (first.data.checksum, first.seed):
            found.setdefault(_corner(kind, is_shuffled=record.model.shuffle_pixels).name, run_id)
    return found


def _record(run: Run) -> RunRecord | None:
    try:
        return run.record()
    except RunError:
        return None


def _corner(kind: Kind, *, is_shuffled: bool) -> Corner:
    return next(corner for corner in CORNERS if (corner.kind, corner.is_shuffled) == (kind, is_shuffled))


def check_duel(standings: Mapping[str, Standing]) -> str | None:
    """What is wrong with comparing these runs; ``None`` where nothing is."""
    checksums = {one.record.data.checksum for one in standings.values()}
    if len(checksums) > 1:
        titles = sorted({one.record.data.title for one in standings.values()})
        return f"These runs learned from different images ({', '.join(titles)}), so their curves do not compare."
    return None


def equal_epochs(dataset: str, seconds_of_epoch: Mapping[Kind, float]) -> int:
    """How many epochs the dense network gets, to take as long as the CNN does.

    Args:
        dataset: Its name.
        seconds_of_epoch: Of each network, on this machine.
    """
    cnn = duel_config("cnn", dataset_card(dataset))
    epochs = round(cnn.training.epochs * seconds_of_epoch["cnn"] / seconds_of_epoch["dense"])
    return min(max(1, epochs), 500)


def measured_epoch_seconds(kind: Kind, dataset: str) -> float | None:
    """Seconds of an epoch of a duel's network, as the newest finished one on a dataset took; ``None``: none did."""
    card = dataset_card(dataset)
    wanted = duel_config(kind, card)
    for run in list_runs():
        if PRESETS[kind] not in run.id:
            continue
        record = _record(run)
        # A shuffle is no work.
        if record is None or record.data.checksum != card.checksum or record.model.blocks != wanted.model.blocks:
            continue
        seconds = _seconds_of_epochs(run)
        if seconds is not None:
            return seconds
    return None


def _seconds_of_epochs(run: Run) -> float | None:
    try:
        is_finished, history = run.status().state == "finished", run.history()
    except RunError:
        return None
    # Not the mean: others may have used the processor for a while.
    return float(history["seconds"].median()) if is_finished and len(history) else None


def duel_configs(
    dataset: str, *, has_control: bool, seed: int = 0, dense_epochs: int | None = None
) -> dict[str, RunConfig]:
    """The runs of a duel, by the name of their corner, in the order in which they are trained.

    Args:
        dataset: Its name.
        has_control: Whether both networks are also trained on shuffled pixels.
        seed: Decides split, weights and batches.
        dense_epochs: Of the dense network; ``None``: as many as the CNN has.
    """
    card = dataset_card(dataset)
    return {
        corner.name: duel_config(
            corner.kind,
            card,
            is_shuffled=corner.is_shuffled,
            seed=seed,
            epochs=dense_epochs if corner.kind == "dense" else None,
        )
        for corner in CORNERS
        if has_control or not corner.is_shuffled
    }


def start_duel(configs: Mapping[str, RunConfig], launcher: Launcher) -> dict[str, str]:
    """Create and queue the runs of a duel.

    Args:
        configs: From :func:`duel_configs`.
        launcher: Starts their workers.

    Returns:
        Their ids, by the name of their corner.

    Raises:
        ConfigError: The dataset has too few images.
        DatasetError: There is no such dataset.
        StorageError: The folder of the runs cannot be written.
    """
    titles = {corner.name: corner.title for corner in CORNERS}
    ids = {}
    for name, config in configs.items():
        run = create_run(config)
        run.save_notes(Notes(name=f"Duel: {titles[name]}"))
        launcher.start(run)
        ids[name] = run.id
    return ids
