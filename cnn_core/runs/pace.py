"""How long a preset will take on this machine, by the runs that it has trained already."""

from __future__ import annotations

from cnn_core.errors import RunError
from cnn_core.models.presets import PRESETS, PROMISED_DATASET, Promise
from cnn_core.runs.directory import Run
from cnn_core.runs.store import list_runs
from cnn_core.runs.summary import is_changed

# The newest runs say how the machine is today.
_RUNS_LOOKED_AT = 40


def pace_here() -> float | None:
    """How many times as long as on the README's machine a run takes here; ``None`` where none tells.

    The quickest of the newest runs counts: the others may have shared the processor.
    """
    promises = {preset.name: preset.promise for preset in PRESETS if preset.promise}
    paces = [_pace(run, promises) for run in list_runs()[:_RUNS_LOOKED_AT]]
    return min((pace for pace in paces if pace is not None), default=None)


def _pace(run: Run, promises: dict[str, Promise]) -> float | None:
    try:
        record, status = run.record(), run.status()
    except RunError:
        return None
    promise = promises.get(record.preset)
    is_like_it = status.state == "finished" and record.dataset == PROMISED_DATASET and not is_changed(record)
    return status.seconds / promise.seconds if promise and is_like_it and status.seconds else None
