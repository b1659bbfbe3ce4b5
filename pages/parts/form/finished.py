"""The runs that a new one can build on."""

from __future__ import annotations

from collections.abc import Callable

from cnn_core.errors import RunError
from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import list_runs, showcase
from cnn_core.runs.summary import RunSummary, summarise


def finished_networks(is_fitting: Callable[[RunRecord], bool]) -> dict[str, RunSummary]:
    """Runs that have a network and are not under way, by id: the newest first and the showcase last.

    Args:
        is_fitting: Whether a run with such a record is worth offering.
    """
    found = {}
    for run in [*list_runs(), showcase()]:
        try:
            # What costs least is asked first: there may be many runs.
            if run.has_model and is_fitting(run.record()) and not run.status().is_active:
                found[run.id] = summarise(run)
        except RunError:
            continue
    return found
