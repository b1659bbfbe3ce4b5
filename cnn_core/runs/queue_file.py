"""What people decided about the queue: its order, and how many train at once. A hidden file beside the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnn_core.runs.files import storage_errors, write_atomically
from cnn_core.runs.locks import alone_with

_SETTINGS = ".queue.json"
_GATE = ".queue.lock"
# Whoever holds the gate reads a few small files; longer than this means that its process hangs.
_GATE_SECONDS = 10.0

# More trainings at once than this help nobody on one machine.
MOST_AT_ONCE = 8


class QueueSettings(BaseModel):
    """``.queue.json``.

    Attributes:
        at_once: How many runs train at once; ``None``: as many as the machine carries.
        order: Ids of runs that were moved, in their order. Runs that are not among them come after them.
    """

    model_config = ConfigDict(frozen=True)

    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] | None = None
    order: tuple[str, ...] = ()

    def place(self, run_id: str) -> int:
        """Where a run stands in the order; runs that nobody moved share the place after the last."""
        return self.order.index(run_id) if run_id in self.order else len(self.order)


def read_settings(folder: Path) -> QueueSettings:
    """What was decided for a folder of runs. A missing or damaged file decides nothing: the queue must go on."""
    try:
        return QueueSettings.model_validate_json((folder / _SETTINGS).read_bytes())
    except (OSError, ValidationError):
        return QueueSettings()


def change_settings(folder: Path, change: Callable[[QueueSettings], QueueSettings]) -> None:
    """Change what was decided, one person at a time: who comes second changes what the first one left.

    Raises:
        RunError: The queue did not answer.
        StorageError: The folder of the runs cannot be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with gate(folder):
        write_atomically(folder / _SETTINGS, change(read_settings(folder)).model_dump_json().encode())


def gate(folder: Path) -> AbstractContextManager[None]:
    """Alone at the queue: nobody else takes a slot or changes the order meanwhile.

    Raises:
        RunError: Somebody holds it for too long.
        StorageError: The folder of the runs cannot be written.
    """
    return alone_with(
        folder / _GATE,
        _GATE_SECONDS,
        f"The queue of '{folder}' did not answer for {_GATE_SECONDS:.0f} s: a process that holds '{_GATE}' hangs. Try "
        "again; if it stays so, end that process.",
    )


def moved(order: Sequence[str], run_id: str, position: int) -> tuple[str, ...]:
    """An order with one run elsewhere in it; a position beyond the ends is the end."""
    others = [other for other in order if other != run_id]
    others.insert(max(0, position), run_id)
    return tuple(others)
