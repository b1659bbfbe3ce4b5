"""The queue in front of the training: so many runs at once in a folder, whoever starts them.

Every worker waits for its own turn. So the queue survives a restart of the server, and needs no server at all. A turn
is a lock on one of the files ``.training.<k>.lock``, which the operating system opens when the worker dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_core.errors import ConfigError, RunError
from cnn_core.runs.capacity import Capacity, measure_capacity
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors
from cnn_core.runs.locks import alone_with
from cnn_core.runs.queue_file import MOST_AT_ONCE, QueueSettings, change_settings, gate, moved, read_settings
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.store import active_runs, runs_folder

_POLL_SECONDS = 0.5
_WORKER_LOCK = ".worker.lock"
# Long enough for whoever only looks whether the lock is held.
_WORKER_LOCK_SECONDS = 2.0


class Turn:
    """The right of one run to train now. Belongs to the process: whatever ends it, the next in the queue goes on.

    Args:
        run: The run; its folder's queue is meant.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._slot: FileLock | None = None

    @property
    def has_it(self) -> bool:
        """Whether it is this run's turn."""
        return self._slot is not None

    def give_back(self) -> None:
        """Let the next one train, as while this run is paused. Giving back what one does not have does nothing."""
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    def take_again(self, should_stop: Callable[[], bool]) -> bool:
        """Wait for the turn. A paused run waits until its pause is taken back, and then comes before the queued ones.

        Args:
            should_stop: Asked while waiting.

        Returns:
            False if the run was asked to stop before its turn came.
        """
        while not should_stop():
            # Looked at first: a run that stays paused costs next to nothing.
            if self.has_it or (not self._run.requests.has_pause and self._takes()):
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _takes(self) -> bool:
        folder = self._run.path.parent
        with gate(folder):
            slots = _free_slots(folder)
            settings = read_settings(folder)
            held = MOST_AT_ONCE - len(slots)
            most = settings.at_once or measure_capacity(held).count
            # The runs are read last, and only when there is something to take: there may be many.
            if slots and held < most and self._is_first():
                self._slot = slots.pop()
            for slot in slots:
                slot.release()
        return self.has_it

    def _is_first(self) -> bool:
        # A run whose worker fell silent is not active: it holds nobody up.
        waiting = [run for run, _, status in active_runs(self._run.path.parent) if _is_waiting(run, status)]
        return not waiting or waiting[0].id == self._run.id


@contextmanager
def own_turn(run: Run, should_stop: Callable[[], bool]) -> Iterator[Turn]:
    """Wait until it is this run's turn, and hold it while the context is open.

    Args:
        run: A run whose status is ``queued``.
        should_stop: Asked while waiting.

    Yields:
        The turn; it ``has_it``, unless the run was asked to stop before.
    """
    turn = Turn(run)
    try:
        turn.take_again(should_stop)
        yield turn
    finally:
        turn.give_back()


def worker_lock(run: Run) -> AbstractContextManager[None]:
    """Alone at this run: two workers never write one directory.

    Raises:
        RunError: Another process holds it.
        StorageError: The run's directory cannot be written.
    """
    return alone_with(
        run.path / _WORKER_LOCK,
        _WORKER_LOCK_SECONDS,
        f"Run '{run.id}' has a worker already: another process on this machine works on it. Wait until it has ended, "
        "or stop it.",
    )


def waiting_runs() -> list[tuple[Run, RunRecord, RunStatus]]:
    """The queue: the runs that wait for their turn, the next one first."""
    return [entry for entry in active_runs() if _is_waiting(entry[0], entry[2])]


def move_in_queue(run: Run, position: int) -> None:
    """Give a queued run another place.

    Args:
        run: The run to move.
        position: Its new place among the queued runs, counted from 0; one beyond the end is the end.

    Raises:
        RunError: It is not queued any more, or the queue did not answer.
        StorageError: The folder of the runs cannot be written.
    """

    def change(settings: QueueSettings) -> QueueSettings:
        queued = [other.id for other, _, status in active_runs() if status.state == "queued"]
        if run.id not in queued:
            raise RunError(f"Run '{run.id}' was not moved: it is {run.status().state} and no longer in the queue.")
        return settings.model_copy(update={"order": moved(queued, run.id, position)})

    change_settings(runs_folder(), change)


def capacity() -> Capacity:
    """What the machine carries now."""
    return measure_capacity(sum(status.state == "running" for _, _, status in active_runs()))


def runs_at_once() -> int:
    """How many runs train at once: as a person set it, or as many as the machine carries."""
    return chosen_at_once() or capacity().count


def chosen_at_once() -> int | None:
    """The number that a person set; ``None`` where the machine decides."""
    return read_settings(runs_folder()).at_once


def set_runs_at_once(count: int | None) -> None:
    """Set how many runs train at once, for all who use this folder; ``None``: as many as the machine carries.

    Runs that train go on where there are more of them now; the next ones wait.

    Raises:
        ConfigError: It is no number from 1 to :data:`MOST_AT_ONCE`.
        StorageError: The folder of the runs cannot be written.
    """
    if count is not None and not 1 <= count <= MOST_AT_ONCE:
        raise ConfigError(f"So many runs cannot train at once: 1 to {MOST_AT_ONCE} are possible, but {count} came.")
    change_settings(runs_folder(), lambda settings: settings.model_copy(update={"at_once": count}))


def _is_waiting(run: Run, status: RunStatus) -> bool:
    return status.state == "queued" or (status.state == "paused" and not run.requests.has_pause)


def _free_slots(folder: Path) -> list[FileLock]:
    """All slots that nobody holds, taken, the first one last. Call it behind the gate."""
    free = []
    for number in reversed(range(MOST_AT_ONCE)):
        path = folder / f".training.{number}.lock"
        lock = FileLock(path, thread_local=False)
        with storage_errors(path):
            try:
                lock.acquire(timeout=0)
            except Timeout:  # an OSError, but no trouble with the disk: another run holds it
                continue
        free.append(lock)
    return free
