"""Fetch published files: whole, verified and under a lock, or not at all."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import filelock

from cnn_core.data.folders import find_idx
from cnn_core.data.published import Publication, PublishedFile
from cnn_core.errors import DatasetError, StorageError

_CHUNK_BYTES = 1 << 17
# How long a server may stay silent.
_TIMEOUT_SECONDS = 20.0
# How long another process may take to download the same dataset.
_LOCK_SECONDS = 900.0
_ROUNDS = 2
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class DownloadProgress:
    """How far the download of a dataset is.

    Attributes:
        dataset: Name of the dataset.
        file: The file that is being fetched.
        bytes_done: Unpacked bytes written so far, over all files of the dataset that were missing. Falls back
            when a file is begun again after a cut connection.
        bytes_total: What ``bytes_done`` will be in the end. Counted unpacked, because that is known
            beforehand and is the same for every mirror.
    """

    dataset: str
    file: str
    bytes_done: int
    bytes_total: int


class _FetchError(Exception):
    """One attempt failed. ``again`` tells whether the same address may do better next time."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


def download_missing(
    name: str,
    publication: Publication,
    folder: Path,
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> None:
    """Download the files of a dataset that a folder lacks.

    They are stored unpacked: that takes twice the space and loads four times as fast. A file appears under
    its name only when it is complete, verified and on the disk; files that are there already are left alone.
    Processes that want the same dataset wait for one another.

    Args:
        name: The dataset, for progress and errors.
        publication: What to fetch, and from where.
        folder: Where to put it; made if it does not exist.
        on_progress: Called from this thread a few times a megabyte. What it raises ends the download and
            leaves no unfinished file.

    Raises:
        DatasetError: No mirror gave an intact file, or another process has been downloading for 15 minutes.
        StorageError: The folder cannot be written, or its disk is full.
    """
    # The steps come from a generator, so that no error of the caller's passes through its handlers.
    with closing(_download(name, publication, folder)) as steps:
        for step in steps:
            if on_progress:
                on_progress(step)


def _download(name: str, publication: Publication, folder: Path) -> Generator[DownloadProgress, None, None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
            missing = [file for file in publication.files if find_idx(folder, file.name) is None]
            total = sum(file.payload_bytes for file in missing)
            before = 0
            for file in missing:
                for done in _fetch(name, publication, file, folder):
                    yield DownloadProgress(name, file.name, before + done, total)
                before += file.payload_bytes
    except filelock.Timeout as error:
        raise DatasetError(
            f"Another process has been downloading '{name}' into '{folder}' for {_LOCK_SECONDS / 60:.0f} "
            "minutes. Wait until it is done, or end it and try again."
        ) from error
    except OSError as error:
        raise _storage_error(folder, publication, error) from error


def _fetch(name: str, publication: Publication, file: PublishedFile, folder: Path) -> Generator[int, None, None]:
    """Fetch one file from the first mirror that gives it intact; those that were cut off get a second try."""
    mirrors = list(publication.mirrors)
    failures: list[str] = []
    # One fixed name, under the lock: what a killed process left behind is written over.
    part = folder / f".{file.name}.part"
    try:
        for _ in range(_ROUNDS):
            for mirror in tuple(mirrors):
                url = f"{mirror}{file.name}.gz"
                try:
                    yield from _store(url, part, file)
                except _FetchError as error:
                    failures.append(f"{url} {error}")
                    if not error.again:
                        mirrors.remove(mirror)
                else:
                    part.replace(folder / file.name)
                    return
    finally:
        part.unlink(missing_ok=True)
    by_hand = ", ".join(f"{each.name}.gz" for each in publication.files)
    raise DatasetError(
        f"'{name}' could not be downloaded: {'; '.join(failures)}. "
        f"Check the connection (a proxy is taken from HTTPS_PROXY), or put {by_hand} into '{folder}' "
        "yourself. The dataset 'digits' needs no download."
    )


def _store(url: str, part: Path, file: PublishedFile) -> Generator[int, None, None]:
    """Write what an address gives into ``part``, unpacked; end only if it is what was published.

    Yields the bytes written so far.
    """
    stream = zlib.decompressobj(wbits=31)
    sha256 = hashlib.sha256()
    done = 0
    with part.open("wb") as target, closing(_received(url)) as chunks:
        for chunk in chunks:
            try:
                # One byte more than expected tells an overlong stream, and bounds what a gzip bomb can write.
                piece = stream.decompress(chunk, file.payload_bytes - done + 1)
            except zlib.error as error:
                raise _FetchError(f"gave something else than the file ({error})", again=False) from error
            done += len(piece)
            if done > file.payload_bytes:
                break
            sha256.update(piece)
            target.write(piece)
            yield done
        if done <= file.payload_bytes and not stream.eof:
            raise _FetchError(f"was cut off after {done:,} of {file.payload_bytes:,} bytes", again=True)
        if done != file.payload_bytes or sha256.hexdigest() != file.sha256:
            raise _FetchError("gave altered data: its SHA-256 is not the published one", again=False)
        target.flush()
        os.fsync(target.fileno())


def _received(url: str) -> Generator[bytes, None, None]:
    """Yield what an address sends. Only errors of the network become a :class:`_FetchError`."""
    # Some servers refuse the name that Python gives itself.
    request = urllib.request.Request(url, headers={"User-Agent": "cnn-lab"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            while chunk := response.read(_CHUNK_BYTES):
                yield chunk
    except urllib.error.HTTPError as error:
        with closing(error):
            raise _FetchError(f"answered {error.code} {error.reason}", again=error.code >= 500) from error
    except urllib.error.URLError as error:
        raise _FetchError(f"could not be reached ({error.reason})", again=False) from error
    except (OSError, http.client.HTTPException) as error:
        raise _FetchError(f"was cut off ({error or type(error).__name__})", again=True) from error


def _storage_error(folder: Path, publication: Publication, error: OSError) -> StorageError:
    if error.errno in _DISK_FULL:
        size = publication.payload_bytes / 1e6
        return StorageError(
            f"The disk of '{folder}' is full; the dataset takes {size:.0f} MB there. "
            "Free some space, or set CNN_LAB_DATA to a folder on another disk."
        )
    return StorageError(
        f"The folder '{folder}' cannot be written ({error}). Set CNN_LAB_DATA to a folder that you can write to."
    )
