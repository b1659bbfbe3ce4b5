"""How a duel is started: its runs, as many epochs as fit, and what an epoch costs here."""

from __future__ import annotations

from collections.abc import Mapping

from cnn_core.config import RunConfig
from cnn_core.data.catalogue import dataset_card
from cnn_core.duel.contest import CORNERS, readable_record
from cnn_core.duel.networks import Kind
from cnn_core.duel.settings import PRESETS, duel_config
from cnn_core.errors import CnnLabError, RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import Launcher
from cnn_core.runs.notes import Notes
from cnn_core.runs.store import create_run, list_runs, withdraw_run
from cnn_core.runs.summary import is_changed


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
    for run in list_runs():
        if PRESETS[kind] not in run.id:
            continue
        record = readable_record(run)
        if record is None or record.data.checksum != card.checksum or is_changed(record):
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


def create_duel(configs: Mapping[str, RunConfig]) -> dict[str, Run]:
    """Create the runs of a duel: all of them or none.

    Args:
        configs: From :func:`duel_configs`.

    Returns:
        By the name of their corner; :func:`start_duel` starts them.

    Raises:
        ConfigError: The dataset has too few images.
        DatasetError: There is no such dataset.
        StorageError: The folder of the runs cannot be written.
    """
    titles = {corner.name: corner.title for corner in CORNERS}
    runs: dict[str, Run] = {}
    try:
        for name, config in configs.items():
            runs[name] = create_run(config)
            runs[name].save_notes(Notes(name=f"Duel: {titles[name]}"))
    except CnnLabError:
        for run in runs.values():
            withdraw_run(run)
        raise
    return runs


def start_duel(runs: Mapping[str, Run], launcher: Launcher) -> None:
    """Queue the runs of a duel. One that cannot be started keeps none of the others from it.

    Args:
        runs: From :func:`create_duel`.
        launcher: Starts their workers.

    Raises:
        CnnLabError: One of them could not be started; the first such error, when all were tried.
    """
    errors = []
    for run in runs.values():
        try:
            launcher.start(run)
        except CnnLabError as error:
            errors.append(error)
    if errors:
        raise errors[0]
