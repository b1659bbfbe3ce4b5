"""One process at a time, by a lock on a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_core.errors import RunError
from cnn_core.runs.files import storage_errors


@contextmanager
def alone_with(path: Path, seconds: float, refusal: str) -> Iterator[None]:
    """Hold the lock on a file while the context is open; the operating system opens it when the process dies.

    Args:
        path: The lock's own file; it is made when it is needed.
        seconds: To wait for another process that holds it.
        refusal: What to say when it held it for longer.

    Raises:
        RunError: Another process held it for so long.
        StorageError: The folder cannot be written.
    """
    lock = FileLock(path)
    with storage_errors(path):
        try:
            lock.acquire(timeout=seconds)
        except Timeout as error:  # an OSError, but no trouble with the disk
            raise RunError(refusal) from error
    try:
        yield
    finally:
        lock.release()
