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


def remove_dataset(name: str) -> None:
    """Delete a dataset of one's own that no run uses.

    Raises:
        DatasetError: It is built in, unknown, or used by runs.
        StorageError: It may not be deleted.
    """
    if is_built_in(name):
        raise DatasetError(f"'{name}' is built in. Only datasets that you brought in can be deleted.")
    read_card(name)
    if users := runs_on(name):
        named = ", ".join(f"'{run.id}'" for run in users[:_NAMED])
        more = f" and {len(users) - _NAMED} more" if len(users) > _NAMED else ""
        raise DatasetError(f"'{name}' is used by {named}{more}. Delete these runs first, or keep the dataset.")
    remove_own(name)
