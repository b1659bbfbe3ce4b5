"""The runs as the API lists them."""

from __future__ import annotations

from cnn_core.api.schemas import RunRow
from cnn_core.errors import RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.store import list_runs, showcase
from cnn_core.runs.summary import summarise


def all_runs() -> list[RunRow]:
    """The showcase first, then the newest.

    Raises:
        StorageError: The folder of the runs cannot be read.
    """
    return [run_row(run) for run in (showcase(), *list_runs())]


def run_row(run: Run) -> RunRow:
    """A run in short, whatever state its files are in. Where it lies on this machine is nobody's business."""
    summary = summarise(run)
    try:
        classes = list(run.record().data.class_names)
    except RunError:  # the row says why
        classes = []
    own = {name: getattr(summary, name) for name in RunRow.model_fields if hasattr(summary, name)}
    return RunRow(**own, classes=classes, can_predict=bool(classes) and run.has_model)
