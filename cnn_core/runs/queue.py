"""One training at a time in a folder of runs, whoever starts it: page, command line, a second server.

Every worker waits for its own turn. So the queue survives a restart of the server, and needs no server at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors
from cnn_core.runs.store import active_runs

_POLL_SECONDS = 0.5


@contextmanager
def own_turn(run: Run, should_stop: Callable[[], bool]) -> Iterator[bool]:
    """Wait until no run before this one trains or waits, then hold the turn while the context is open.

    The lock belongs to the process: whatever ends the worker, the next in the queue goes on.

    Args:
        run: A run whose status is ``queued``.
        should_stop: Asked while waiting.

    Yields:
        True with the turn; False if the run was asked to stop before its turn came.
    """
    path = run.path.parent / ".training.lock"
    lock = FileLock(path)
    while not should_stop():
        if _is_first(run) and _takes(lock, path):
            try:
                yield True
            finally:
                lock.release()
            return
        time.sleep(_POLL_SECONDS)
    yield False


def _is_first(run: Run) -> bool:
    waiting = [other.id for other, _, status in active_runs() if status.state == "queued"]
    return not waiting or waiting[0] == run.id


def _takes(lock: FileLock, path: Path) -> bool:
    with storage_errors(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:  # an OSError, but no trouble with the disk: another run holds it
            return False
    return True
