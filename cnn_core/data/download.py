"""Fetch the published files of a dataset: whole, verified and under a lock, or not at all."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Generator, Iterator
from email.message import Message
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cnn_core.data.fetch import Download, DownloadProgress, FetchError, Wanted, fetch_files
from cnn_core.data.folders import find_idx
from cnn_core.data.published import Publication, PublishedArchive, PublishedFile

__all__ = ["DownloadProgress", "download_archive", "download_missing"]


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

    def missing() -> list[Wanted]:
        return [
            Wanted(
                name=file.name,
                urls=tuple(f"{mirror}{file.name}.gz" for mirror in publication.mirrors),
                size=file.payload_bytes,
                receive=partial(_unpack, file),
            )
            for file in publication.files
            if find_idx(folder, file.name) is None
        ]

    files = ", ".join(f"{file.name}.gz" for file in publication.files)
    by_hand = f"put {files} into '{folder}' yourself. The dataset 'digits' needs no download."
    fetch_files(Download(name, folder, publication.payload_bytes, by_hand), missing, on_progress)


def download_archive(
    name: str,
    archive: PublishedArchive,
    folder: Path,
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> None:
    """Download the archive of a dataset, unless the folder has it. It is kept packed.

    Arguments and errors as of :func:`download_missing`.
    """

    def missing() -> list[Wanted]:
        urls = tuple(f"{mirror}{archive.name}" for mirror in archive.mirrors)
        is_here = (folder / archive.name).exists()
        return [] if is_here else [Wanted(archive.name, urls, archive.size, partial(_copy, archive))]

    by_hand = f"put {archive.name} into '{folder}' yourself. The dataset 'digits' needs no download."
    fetch_files(Download(name, folder, archive.size, by_hand), missing, on_progress)


def _copy(
    archive: PublishedArchive, _: Message, chunks: Iterator[bytes], target: BinaryIO
) -> Generator[int, None, None]:
    """Write what an address sends; end only if it is the archive that was published."""
    sha256 = hashlib.sha256()
    done = 0
    for chunk in chunks:
        done += len(chunk)
        if done > archive.size:
            break
        sha256.update(chunk)
        target.write(chunk)
        yield done
    if done < archive.size:
        raise FetchError(f"was cut off after {done:,} of {archive.size:,} bytes", again=True)
    if done != archive.size or sha256.hexdigest() != archive.sha256:
        raise FetchError("gave altered data: its SHA-256 is not the published one", again=False)


def _unpack(file: PublishedFile, _: Message, chunks: Iterator[bytes], target: BinaryIO) -> Generator[int, None, None]:
    """Write what an address sends, unpacked; end only if it is what was published."""
    stream = zlib.decompressobj(wbits=31)
    sha256 = hashlib.sha256()
    done = 0
    for chunk in chunks:
        try:
            # One byte more than expected tells an overlong stream, and bounds what a gzip bomb can write.
            piece = stream.decompress(chunk, file.payload_bytes - done + 1)
        except zlib.error as error:
            raise FetchError(f"gave something else than the file ({error})", again=False) from error
        done += len(piece)
        if done > file.payload_bytes:
            break
        sha256.update(piece)
        target.write(piece)
        yield done
    if done <= file.payload_bytes and not stream.eof:
        raise FetchError(f"was cut off after {done:,} of {file.payload_bytes:,} bytes", again=True)
    if done != file.payload_bytes or sha256.hexdigest() != file.sha256:
        raise FetchError("gave altered data: its SHA-256 is not the published one", again=False)
