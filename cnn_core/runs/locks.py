"""One process at a time, by a lock on a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_core.errors import RunError
from cnn_core.runs.files import storage_errors


class _Lock(FileLock):
    """Finds out at each attempt whether its folder is still there: who held it before may have deleted the run."""

    def _acquire(self) -> None:
        _check_folder(Path(self.lock_file))
        super()._acquire()


@contextmanager
def alone_with(path: Path, seconds: float, refusal: str) -> Iterator[None]:
    """Hold the lock on a file while the context is open; the operating system opens it when the process dies.

    Args:
        path: The lock's own file; it is made when it is needed, its folder is not.
        seconds: To wait for another process that holds it.
        refusal: What to say when it held it for longer.

    Raises:
        RunError: Another process held it for so long; or its folder is no longer there.
        StorageError: The folder cannot be written.
    """
    lock = _Lock(path)
    with storage_errors(path):
        try:
            # FileLock would make the folder, and a deleted run would be there again, without its files.
            _check_folder(path)
            lock.acquire(timeout=seconds)
        except Timeout as error:  # an OSError, but no trouble with the disk
            raise RunError(refusal) from error
    try:
        yield
    finally:
        lock.release()


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise RunError(f"'{path.parent}' is no longer there: the folder was deleted or moved.")
