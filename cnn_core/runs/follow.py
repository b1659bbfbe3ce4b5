"""Reading a run again and again while it trains, at a cost that does not grow with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cnn_core.config import MOST_EPOCHS
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event, parse_events
from cnn_core.runs.history import HISTORY_COLUMNS
from cnn_core.runs.lines import GrowingLines
from cnn_core.runs.steps import STEP_COLUMNS, parse_steps

# Rows kept in memory. When there are more, every second one of them goes, and of those to come too: the beginning of
# the curve stays as dense as its end.
MOST_ROWS = 2000
# A person who changes the learning rate this often looks at the last changes only.
MOST_EVENTS = 200


class RunFollower:
    """Steps, history and events of one run, read on from where the last call ended. May be shared by threads.

    Args:
        run: The run to follow.
    """

    def __init__(self, run: Run) -> None:
        self._steps = StepsFollower(run)
        self._history = HistoryFollower(run)
        self._events = EventsFollower(run)

    def steps(self) -> pd.DataFrame:
        """As :meth:`StepsFollower.steps`."""
        return self._steps.steps()

    def history(self) -> pd.DataFrame:
        """As :meth:`HistoryFollower.history`."""
        return self._history.history()

    def events(self) -> list[Event]:
        """As :meth:`EventsFollower.events`."""
        return self._events.events()


class StepsFollower:
    """The progress of one run within its epochs. May be shared by threads.

    Args:
        run: The run to follow.
    """

    def __init__(self, run: Run) -> None:
        self._lock = threading.Lock()
        self._lines = GrowingLines(run.path / directory.STEPS)
        self._start_over()

    def steps(self) -> pd.DataFrame:
        """As :meth:`Run.steps`, with at most :data:`MOST_ROWS` rows, the last one always among them."""
        with self._lock:
            new = self._lines.read_on()
            if new.is_new_file:
                self._start_over()
            for row in parse_steps(new.lines):
                self._take(row)
            # The row that is not kept stands behind those that are: the table is one piece of memory.
            shown = self._kept + (self._count > 0 and (self._count - 1) % self._stride != 0)
            return _table(self._rows[:shown], STEP_COLUMNS)

    def _start_over(self) -> None:
        self._rows = np.empty((MOST_ROWS + 1, len(STEP_COLUMNS)))
        self._kept, self._count, self._stride = 0, 0, 1

    def _take(self, row: tuple[float, ...]) -> None:
        self._rows[self._kept] = row
        if self._count % self._stride == 0:
            self._kept += 1
        self._count += 1
        if self._kept == MOST_ROWS:
            self._kept = MOST_ROWS // 2
            # The last row is dropped with its neighbours, but it is still the last one: it moves behind them.
            self._rows[: self._kept + 1] = np.concatenate([self._rows[:MOST_ROWS:2], self._rows[MOST_ROWS - 1 :][:1]])
            self._stride *= 2


class HistoryFollower:
    """The finished epochs of one run. May be shared by threads.

    Args:
        run: The run to follow.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._lines = GrowingLines(run.path / directory.HISTORY)
        self._start_over()

    def history(self) -> pd.DataFrame:
        """As :meth:`Run.history`, with the columns of :data:`HISTORY_COLUMNS` only.

        Raises:
            RunError: The file has other columns.
        """
        with self._lock:
            new = self._lines.read_on()
            if new.is_new_file:
                self._start_over()
            self._take(new.lines)
            if self._places is None:
                return self._run.history()  # Nothing there yet, or an error that says what is wrong with the file.
            table = _table(self._rows[: self._count], HISTORY_COLUMNS)
            return table.astype({"epoch": np.int64})

    def _start_over(self) -> None:
        self._rows = np.empty((MOST_EPOCHS, len(HISTORY_COLUMNS)))
        self._count = 0
        self._places: list[int] | None = None

    def _take(self, lines: list[str]) -> None:
        for line in lines:
            cells = line.split(",")
            if self._places is None:
                if set(HISTORY_COLUMNS) - set(cells):
                    return
                self._places = [cells.index(name) for name in HISTORY_COLUMNS]
            elif max(self._places) < len(cells) and self._count < MOST_EPOCHS:
                row = [_as_number(cells[place]) for place in self._places]
                if not np.isnan(row[0]):
                    self._rows[self._count] = row
                    self._count += 1


class EventsFollower:
    """What happened to one run beside its training. May be shared by threads.

    Args:
        run: The run to follow.
    """

    def __init__(self, run: Run) -> None:
        self._lock = threading.Lock()
        self._lines = GrowingLines(run.path / directory.EVENTS)
        self._events: list[Event] = []

    def events(self) -> list[Event]:
        """As :meth:`Run.events`, the last :data:`MOST_EVENTS` of them."""
        with self._lock:
            new = self._lines.read_on()
            if new.is_new_file:
                self._events = []
            if new.lines:
                self._events = [*self._events, *parse_events(new.lines)][-MOST_EVENTS:]
            return self._events.copy()


def _table(rows: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
    # A copy: the rows go on changing, and whoever asked may keep the table.
    return pd.DataFrame(rows.copy(), columns=list(columns))


def _as_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
