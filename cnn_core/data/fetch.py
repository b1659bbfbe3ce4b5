"""Fetch published files over HTTP: whole, checked and under a lock, or not at all."""

from __future__ import annotations

import errno
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from cnn_core.errors import DatasetError, StorageError

_CHUNK_BYTES = 1 << 17
# How long a server may stay silent.
_TIMEOUT_SECONDS = 20.0
# How long another process may take to download the same files.
_LOCK_SECONDS = 900.0
_ROUNDS = 2
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is.

    Attributes:
        dataset: Name of what is downloaded: a dataset, or a network whose weights are.
        file: The file that is being fetched.
        bytes_done: Bytes written so far, over all files that were missing, unpacked. Falls back when a file is begun
            again after a cut connection.
        bytes_total: What ``bytes_done`` will be in the end. Counted unpacked, because that is known beforehand and is
            the same for every mirror.
    """

    dataset: str
    file: str
    bytes_done: int
    bytes_total: int


class FetchError(Exception):
    """One attempt failed. ``again`` tells whether the same address may do better next time."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


# Takes the headers, the chunks that an address sends and the file to write; yields the bytes written so far. Ends only
# if all of it is what was published, and raises FetchError otherwise.
Receive = Callable[[Message, Iterator[bytes], BinaryIO], Iterable[int]]


@dataclass(frozen=True)
class Wanted:
    """A file to fetch.

    Attributes:
        name: Its name in the folder.
        urls: Addresses, the preferred one first.
        size: Bytes it will have there.
        receive: Writes and checks what an address sends.
    """

    name: str
    urls: tuple[str, ...]
    size: int
    receive: Receive


@dataclass(frozen=True)
class Download:
    """What belongs together.

    Attributes:
        name: For progress and errors.
        folder: Where to put it; made if it does not exist.
        size: Bytes that all of it takes there.
        by_hand: What a person can do without the download, continuing "Check the connection, or …".
    """

    name: str
    folder: Path
    size: int
    by_hand: str


def fetch_files(
    download: Download,
    missing: Callable[[], Sequence[Wanted]],
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> None:
    """Download files. Each appears under its name only when it is complete, checked and on the disk.

    Processes that want to write into the same folder wait for one another.

    Args:
        download: What, and where to.
        missing: The files that are not there yet; asked once it is this process's turn.
        on_progress: Called from this thread a few times a megabyte. What it raises ends the download and leaves no
            unfinished file.

    Raises:
        DatasetError: No address gave an intact file, or another process has been downloading for 15 minutes.
        StorageError: The folder cannot be written, or its disk is full.
    """
    # The steps come from a generator, so that no error of the caller's passes through its handlers.
    with closing(_steps(download, missing)) as steps:
        for step in steps:
            if on_progress:
                on_progress(step)


def _steps(download: Download, missing: Callable[[], Sequence[Wanted]]) -> Generator[DownloadProgress, None, None]:
    try:
        download.folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(download.folder / ".lock", timeout=_LOCK_SECONDS):
            files = missing()
            total = sum(file.size for file in files)
            before = 0
            for file in files:
                for done in _fetch(download, file):
                    yield DownloadProgress(download.name, file.name, before + done, total)
                before += file.size
    except filelock.Timeout as error:
        raise DatasetError(
            f"Another process has been downloading '{download.name}' into '{download.folder}' for "
            f"{_LOCK_SECONDS / 60:.0f} minutes. Wait until it is done, or end it and try again."
        ) from error
    except OSError as error:
        raise _storage_error(download, error) from error


def _fetch(download: Download, file: Wanted) -> Generator[int, None, None]:
    """Fetch one file from the first address that gives it intact; those that were cut off get a second try."""
    urls = list(file.urls)
    failures: list[str] = []
    # One fixed name, under the lock: what a killed process left behind is written over.
    part = download.folder / f".{file.name}.part"
    try:
        for _ in range(_ROUNDS):
            for url in tuple(urls):
                try:
                    yield from _store(url, part, file.receive)
                except FetchError as error:
                    failures.append(f"{url} {error}")
                    if not error.again:
                        urls.remove(url)
                else:
                    part.replace(download.folder / file.name)
                    return
    finally:
        part.unlink(missing_ok=True)
    raise DatasetError(
        f"'{download.name}' could not be downloaded: {'; '.join(failures)}. "
        f"Check the connection (a proxy is taken from HTTPS_PROXY), or {download.by_hand}"
    )


def _store(url: str, part: Path, receive: Receive) -> Generator[int, None, None]:
    """Write what an address gives into ``part``, and see it onto the disk."""
    with part.open("wb") as target, closing(_open(url)) as response, closing(_chunks(response)) as chunks:
        yield from receive(response.headers, chunks, target)
        target.flush()
        os.fsync(target.fileno())


def _open(url: str) -> Any:
    """Ask an address. Only errors of the network become a :class:`FetchError`, here and below."""
    # Some servers refuse the name that Python gives itself.
    request = urllib.request.Request(url, headers={"User-Agent": "cnn-lab"})
    try:
        return urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with closing(error):
            raise FetchError(f"answered {error.code} {error.reason}", again=error.code >= 500) from error
    except urllib.error.URLError as error:
        raise FetchError(f"could not be reached ({error.reason})", again=False) from error
    except (OSError, http.client.HTTPException) as error:
        raise _cut_off(error) from error


def _chunks(response: Any) -> Generator[bytes, None, None]:
    try:
        while chunk := response.read(_CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _cut_off(error) from error


def _cut_off(error: Exception) -> FetchError:
    return FetchError(f"was cut off ({error or type(error).__name__})", again=True)


def _storage_error(download: Download, error: OSError) -> StorageError:
    if error.errno in _DISK_FULL:
        return StorageError(
            f"The disk of '{download.folder}' is full; '{download.name}' takes {download.size / 1e6:.0f} MB there. "
            "Free some space, or set CNN_LAB_DATA to a folder on another disk."
        )
    return StorageError(
        f"The folder '{download.folder}' cannot be written ({error}). Set CNN_LAB_DATA to a folder that you can write "
        "to."
    )
