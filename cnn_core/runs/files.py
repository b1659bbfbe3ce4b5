"""Small files that another process may read at any moment: written whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_core.errors import StorageError


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says while ``path`` is written into a :class:`StorageError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk is full: '{path.name}' could not be written to '{path.parent}'. "
                "Free some space, or point CNN_LAB_RUNS to another disk, and start again."
            ) from error
        raise StorageError(
            f"'{path}' cannot be written ({error.strerror or error}). Give this user the right to write there, or "
            "point CNN_LAB_RUNS to a folder that can be written."
        ) from error


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file through a temporary neighbour and a rename: a reader sees the old content or the new.

    Args:
        path: The file.
        content: All that it has afterwards.
        mode: Its permissions.

    Raises:
        StorageError: The folder cannot be written, or its disk is full. The old file is still there.
    """
    with storage_errors(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


def save_as(path: Path, content: bytes) -> None:
    """Write a file that a person named, as :func:`write_atomically`.

    A link stays one: what it points to is written. A file that is there keeps its permissions, a new one gets those
    that this user's files have.

    Raises:
        StorageError: It cannot be written, or is no plain file (a pipe, a device). What was there is as it was.
    """
    with storage_errors(path):
        target = Path(os.path.realpath(path))
        # What is still a link leads in a circle.
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise OSError("it is no plain file")
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    write_atomically(target, content, mode)


def _umask() -> int:
    # It can only be read by setting it. Files that other threads make in this moment are at most too private.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def replaced_together(folder: Path, *names: str) -> Iterator[tuple[Path, ...]]:
    """Replace files that belong together: all that was written when the context ends, nothing where it raises.

    Gives a temporary path for each, with the ending of its name. What is not written there is not replaced. The
    renames at the end follow the order of the names: who is killed between two of them leaves the first ones new.

    Raises:
        StorageError: The folder cannot be written, or its disk is full. The old files are still there.
    """
    staged = tuple(folder / f".writing.{name}" for name in names)
    try:
        with storage_errors(folder / names[0]):
            yield staged
            for path, name in zip(staged, names, strict=True):
                if path.exists():
                    path.replace(folder / name)
    finally:
        for path in staged:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def write_last_words(path: Path, content: bytes) -> None:
    """Write a file even when the disk is full, if anything can: over the old content, in the blocks it already has."""
    try:
        write_atomically(path, content)
    except StorageError:
        with storage_errors(path), path.open("r+b") as file:
            file.write(content)
            file.truncate()


def format_of(content: bytes, current: int) -> object:
    """The ``format`` that a JSON file says it has; ``current`` where it says none, or is damaged."""
    try:
        return json.loads(content).get("format", current)
    except (ValueError, AttributeError, RecursionError):
        return current


def sha256_of(path: Path) -> str:
    """SHA-256 of a file. It survives a copy, as the time of its writing does not.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole_lines(path: Path) -> list[str]:
    """The finished lines of a file that may be growing; a last line without its end is left out. No file: no lines."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()
