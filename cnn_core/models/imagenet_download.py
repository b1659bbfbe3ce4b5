"""Fetch and verify the ImageNet weights; :mod:`cnn_core.models.imagenet` tells what can be verified."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Generator, Iterator
from email.message import Message
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cnn_core.config import ImageNetName
from cnn_core.data.fetch import Download, DownloadProgress, FetchError, Wanted, fetch_files
from cnn_core.data.folders import is_file
from cnn_core.errors import DatasetError
from cnn_core.models.imagenet import TITLES, WeightsFile, damage_message, find_weights, weights_file, weights_folder

_NAMES = {"md5": "MD5", "sha256": "SHA-256"}


def obtain_weights(
    network: ImageNetName, side: int, on_progress: Callable[[DownloadProgress], None] | None = None
) -> Path:
    """The verified file: from the data folder, else from Keras's cache, else from the network.

    A damaged file is never used, and never deleted or replaced either: it belongs to the user.

    Args:
        network: Which one.
        side: Of the images that it will see, in pixels.
        on_progress: Called during a download, in the calling thread; what it raises ends the download.

    Raises:
        DatasetError: The file is damaged, or it is missing and cannot be downloaded; the message says where to put it.
        StorageError: The data folder cannot be written, or its disk is full.
    """
    file = weights_file(network, side)
    path = find_weights(file)
    if path is None:
        folder = weights_folder()
        name = f"ImageNet weights of {TITLES[network]}"
        by_hand = f"put {file.name} into '{folder}' yourself. With random weights the network needs no download."
        wanted = Wanted(file.name, file.urls, file.size, partial(_receive, file, folder))
        fetch_files(
            Download(name, folder, file.size, by_hand),
            lambda: [] if is_file(folder / file.name) else [wanted],
            on_progress,
        )
        path = folder / file.name
    _verify(path, file)
    return path


def _verify(path: Path, file: WeightsFile) -> None:
    note = _note(path)
    expected, source = file.digest, "published one"
    try:
        if expected is None and is_file(note):
            words = note.read_text(encoding="ascii", errors="replace").split()
            expected, source = ("md5", words[0] if words else ""), f"one that came with it, in {note.name}"
        size = path.stat().st_size
        if size != file.size:
            raise DatasetError(damage_message(path, f"it has {size:,} bytes, not {file.size:,}"))
        if expected is None:
            return
        with path.open("rb") as content:
            found = hashlib.file_digest(content, lambda: _hash(expected[0])).hexdigest()
    except OSError as error:
        raise DatasetError(damage_message(path, f"it cannot be read: {error.strerror or error}")) from error
    if found != expected[1]:
        raise DatasetError(damage_message(path, f"its {_NAMES[expected[0]]} is not the {source}"))


def _receive(
    file: WeightsFile, folder: Path, headers: Message, chunks: Iterator[bytes], target: BinaryIO
) -> Generator[int, None, None]:
    """Write what an address sends; end only if it is what was published or, failing that, what it says it sends."""
    algorithm, expected = file.digest or ("md5", _sent_md5(headers))
    digest = _hash(algorithm)
    done = 0
    for chunk in chunks:
        done += len(chunk)
        if done > file.size:
            break
        digest.update(chunk)
        target.write(chunk)
        yield done
    if done < file.size and headers.get("Content-Length") != str(done):
        raise FetchError(f"was cut off after {done:,} of {file.size:,} bytes", again=True)
    if done != file.size:
        raise FetchError(f"gave something else than the file, which has {file.size:,} bytes", again=False)
    if digest.hexdigest() != expected:
        source = "published one" if file.digest else "one that it sent along"
        raise FetchError(f"gave altered data: its {_NAMES[algorithm]} is not the {source}", again=file.digest is None)
    if file.digest is None:
        _note(folder / file.name).write_text(f"{expected}  {file.name}\n", encoding="ascii")


def _hash(algorithm: str) -> hashlib._Hash:
    # Against damage, and to tell one file from another; nobody's secret hangs on the MD5.
    return hashlib.new(algorithm, usedforsecurity=False)


def _sent_md5(headers: Message) -> str:
    """The MD5 that Google's storage sends with a file, hexadecimal.

    It stands in the header ``x-goog-hash`` in base64, and hexadecimal in the ``ETag``.
    """
    parts = ",".join(headers.get_all("x-goog-hash", [])).split(",")
    for name, _, value in (part.strip().partition("=") for part in parts):
        try:
            digest = base64.b64decode(value, validate=True)
        except binascii.Error:
            continue
        if name == "md5" and len(digest) == hashlib.md5(usedforsecurity=False).digest_size:
            return digest.hex()
    etag = str(headers.get("ETag", "")).strip('"')
    if re.fullmatch(r"[0-9a-f]{32}", etag):
        return etag
    raise FetchError("does not say the MD5 of what it sends, so the file could not be verified", again=False)


def _note(path: Path) -> Path:
    """Where the digest that came with a download is kept, in the format of ``md5sum``."""
    return path.with_name(f"{path.name}.md5")
