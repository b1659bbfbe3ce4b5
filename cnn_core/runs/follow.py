"""Reading a growing file again and again, at a cost that does not grow with it."""

from __future__ import annotations

import threading

import pandas as pd

from cnn_core.runs import directory
from cnn_core.runs.directory import Run, parse_steps, steps_table

# Rows kept in memory. When there are more, every second one of them goes, and of those to come too: the beginning of
# the curve stays as dense as its end.
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
        self._last: tuple[float, ...] | None = None
        self._count, self._stride = 0, 1

    def steps(self) -> pd.DataFrame:
        """As :meth:`Run.steps`, with at most :data:`MOST_ROWS` rows, the last one always among them."""
        with self._lock:
            self._read_on()
            if self._last is None or self._rows[-1] is self._last:
                return steps_table(self._rows)
            return steps_table([*self._rows, self._last])

    def _read_on(self) -> None:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for row in parse_steps(whole.decode("utf-8", errors="replace").splitlines()):
            if self._count % self._stride == 0:
                self._rows.append(row)
            self._count, self._last = self._count + 1, row
            if len(self._rows) == MOST_ROWS:
                self._rows, self._stride = self._rows[::2], self._stride * 2
