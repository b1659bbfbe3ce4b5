"""Reading a growing file again and again, at a cost that does not grow with it."""

from __future__ import annotations

import os
import threading

import pandas as pd

from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.steps import parse_steps, steps_table

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
        self._file: tuple[int, int] | None = None
        self._start_over()

    def steps(self) -> pd.DataFrame:
        """As :meth:`Run.steps`, with at most :data:`MOST_ROWS` rows, the last one always among them."""
        with self._lock:
            self._read_on()
            if self._last is None or self._rows[-1] is self._last:
                return steps_table(self._rows)
            return steps_table([*self._rows, self._last])

    def _start_over(self) -> None:
        self._offset = 0
        self._rows: list[tuple[float, ...]] = []
        self._last: tuple[float, ...] | None = None
        self._count, self._stride = 0, 1

    def _read_on(self) -> None:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                # A run that goes on from its checkpoint drops the rows after it: another, shorter file.
                if self._file != (found.st_dev, found.st_ino) or found.st_size < self._offset:
                    self._file = (found.st_dev, found.st_ino)
                    self._start_over()
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
