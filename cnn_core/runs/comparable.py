"""Which runs can be compared with a run: those that were tested on the same images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cnn_core.errors import RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord
from cnn_core.runs.store import list_runs, showcase
from cnn_core.runs.summary import RunSummary, summarise


@dataclass(frozen=True)
class Comparable:
    """The runs to compare a run with, and why the others are not among them.

    Attributes:
        rows: By id, the newest first, the showcase last.
        left_out: By id, why a run that is there cannot be compared, in a few words. The run itself is among these.
    """

    rows: dict[str, RunSummary]
    left_out: dict[str, str]

    def reasons(self) -> str:
        """Why runs are left out, with how many each, the run itself apart; empty where there are none."""
        counts = Counter(reason for reason in self.left_out.values() if reason != _ITSELF)
        return ", ".join(f"{count:,} {reason}" for reason, count in counts.items())


_ITSELF = "that very run"
_DAMAGED = "damaged"


def comparable_runs(run: Run) -> Comparable:
    """Look through all runs for those that were tested on the same images as ``run``.

    Raises:
        RunError: ``run`` itself cannot be read.
    """
    record = run.record()
    rows: dict[str, RunSummary] = {}
    left_out: dict[str, str] = {}
    for other in [*list_runs(), showcase()]:
        reason = _why_not(run, record, other)
        if reason != _ITSELF and not other.has_report:
            reason = "without an evaluation"
        if reason:
            left_out[other.id] = reason
        elif (row := summarise(other)).test_accuracy is None:
            left_out[other.id] = _DAMAGED
        else:
            rows[other.id] = row
    return Comparable(rows, left_out)


def check_comparable(a: Run, b: Run) -> None:
    """Check that two runs were tested on the same images, as far as their settings tell.

    Raises:
        RunError: They were not, or the settings of one of them cannot be read.
    """
    if reason := _why_not(a, a.record(), b):
        if reason == _ITSELF:
            raise RunError(f"Run '{a.id}' cannot be compared with itself. Name another run.")
        raise RunError(
            f"Run '{b.id}' cannot be compared with run '{a.id}': it was {reason}, and that one on "
            f"{a.record().data.title}. Choose two runs on the same dataset."
        )


def _why_not(run: Run, record: RunRecord, other: Run) -> str | None:
    if other.path.resolve() == run.path.resolve():
        return _ITSELF
    try:
        data = other.record().data
    except RunError:
        return _DAMAGED
    if data.checksum != record.data.checksum:
        is_same_title = data.title == record.data.title
        return f"tested on {'another version of ' if is_same_title else ''}{data.title}"
    if data.class_names != record.data.class_names:
        return f"tested on {data.title} with other class names"
    return None
