"""Which runs learned from a dataset: one that runs use is not deleted."""

from __future__ import annotations

from cnn_core.data.catalogue import is_built_in
from cnn_core.data.own.store import read_card, remove_own
from cnn_core.errors import DatasetError, RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.store import list_runs

_NAMED = 3


def runs_on(name: str) -> list[Run]:
    """The runs that learned from a dataset, or are to, newest first."""
    found = []
    for run in list_runs():
        try:
            if run.record().dataset == name:
                found.append(run)
        except RunError:
            continue
    return found


def remove_dataset(name: str, *, even_if_used: bool = False) -> None:
    """Delete a dataset of one's own.

    Runs that have ended keep their figures and their network; only the images of their evaluation go. They are told in
    the error, so that somebody can decide.

    Args:
        name: Of the dataset.
        even_if_used: Delete it though runs that have ended learned from it.

    Raises:
        DatasetError: It is built in or unknown; a run trains on it or waits to; or runs learned from it, and
            ``even_if_used`` was not said.
        StorageError: It may not be deleted.
    """
    if is_built_in(name):
        raise DatasetError(f"'{name}' is built in. Only datasets that you brought in can be deleted.")
    read_card(name)
    users = runs_on(name)
    if active := [run for run in users if run.status().is_active]:
        raise DatasetError(
            f"'{name}' is being trained on by {_named(active)}. Wait until it has ended, or stop it first."
        )
    if users and not even_if_used:
        raise DatasetError(
            f"'{name}' is what {_named(users)} learned from. Without it their images cannot be shown any more; their "
            "figures and networks stay. Delete these runs first, or say that it may go all the same (--even-if-used)."
        )
    remove_own(name)


def _named(runs: list[Run]) -> str:
    named = ", ".join(f"'{run.id}'" for run in runs[:_NAMED])
    return f"{named} and {len(runs) - _NAMED} more" if len(runs) > _NAMED else named
