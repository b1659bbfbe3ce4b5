"""Reading a growing file again and again, at a cost that does not grow with it."""

from __future__ import annotations

import threading

import pandas as pd

from cnn_core.runs import directory
from cnn_core.runs.directory import Run, parse_steps, steps_table

# Rows kept in memory. When there are more, every second one of them goes: the curve keeps its shape.
MOST_ROWS = 2000


class StepsFollower:
    """The progress of one run, read on from where the last call ended. May be shared by threads.

    Args:
        run: The run to follow.
    """

    def __init__(self, run: Run) -> None:
        self._path = run.path / directory.STEPS
        self._lock = threading.Lock()
        self._offset = 0
        self._rows: list[tuple[float, ...]] = []

    def steps(self) -> pd.DataFrame:
        """As :meth:`Run.steps`, with at most :data:`MOST_ROWS` rows, the last one always among them."""
        with self._lock:
            self._read_on()
            return steps_table(self._rows)

    def _read_on(self) -> None:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._rows += parse_steps(whole.decode("utf-8", errors="replace").splitlines())
        while len(self._rows) > MOST_ROWS:
            self._rows = self._rows[1::2] if len(self._rows) % 2 == 0 else self._rows[::2]
