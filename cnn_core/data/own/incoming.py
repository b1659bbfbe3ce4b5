"""Folders in which datasets come about: nobody sees them, and what a killed process has left is cleaned away."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.data.folders import data_folder
from cnn_core.errors import StorageError

if TYPE_CHECKING:
    from filelock import FileLock

_PREFIX, _LOCK = ".incoming-", ".lock"


@dataclass(frozen=True)
class Incoming:
    """A folder in which a dataset comes about; nobody sees it.

    Attributes:
        lock: Held as long as somebody works in it: the operating system lets go of it when that process dies.
    """

    path: Path
    lock: FileLock


@contextmanager
def incoming() -> Iterator[Incoming]:
    """A new folder for a dataset that is being made; gone afterwards, unless it was published under its name.

    Raises:
        StorageError: The data folder cannot be written.
    """
    path = hidden_path()
    try:
        with one_at_a_time():
            _clean_up()
            path.mkdir()
            lock = _file_lock(path / _LOCK)
            lock.acquire()
    except OSError as error:
        raise StorageError(
            f"'{data_folder()}' cannot be written ({error.strerror}). Set CNN_LAB_DATA to a folder that you "
            "can write to."
        ) from error
    try:
        yield Incoming(path, lock)
    finally:
        lock.release()
        shutil.rmtree(path, ignore_errors=True)


def move_to(folder: Incoming, target: Path) -> bool:
    """Give a finished folder its name, at once. Returns whether the name was free.

    Raises:
        OSError: It cannot be renamed.
    """
    with one_at_a_time():
        if target.exists():
            return False
        folder.lock.release()
        (folder.path / _LOCK).unlink(missing_ok=True)
        folder.path.rename(target)
    return True


def hidden_path() -> Path:
    """A path in the data folder that nobody sees; whoever makes the next dataset cleans it away."""
    return data_folder() / f"{_PREFIX}{uuid.uuid4().hex}"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let nobody else create, clean away or name a folder meanwhile.

    Raises:
        OSError: The data folder cannot be written.
    """
    data_folder().mkdir(parents=True, exist_ok=True)
    with _file_lock(data_folder() / _LOCK):
        yield


def _file_lock(path: Path) -> FileLock:
    # Whoever only reads datasets need not wait for the library.
    from filelock import FileLock

    return FileLock(path)


def _clean_up() -> None:
    """Delete the folders of processes that are no more."""
    from filelock import Timeout

    for path in data_folder().glob(f"{_PREFIX}*"):
        lock = _file_lock(path / _LOCK)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            continue
        lock.release()
        shutil.rmtree(path, ignore_errors=True)
