"""A dataset that is published as an archive of pickled batches (CIFAR-10): found, verified, read.

Searched in this order: ``<data folder>/<name>/``, then what Keras has downloaded; in each place the extracted batches
before the archive, they read faster. Nothing is extracted onto the disk, and nothing is unpickled before its digest is
known to be the published one.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from cnn_core.data.dataset import Dataset
from cnn_core.data.folders import data_folder, is_file, keras_folder
from cnn_core.data.payload import damage_message
from cnn_core.data.published import PublishedArchive, PublishedBatch
from cnn_core.data.unpickle import Batch, UnpickleError, read_batch
from cnn_core.errors import DatasetError

if TYPE_CHECKING:
    from cnn_core.data.catalogue import DatasetCard
    from cnn_core.data.download import DownloadProgress

_CHUNK_BYTES = 1 << 20

# What is wrong with a file, or None for an intact one, by (path, size, time of change).
_verdicts: dict[tuple[str, int, int], str | None] = {}


class _DamagedError(Exception):
    """What is wrong with a file, as the end of the sentence "the file …"."""

    def __init__(self, path: Path, damage: str) -> None:
        super().__init__(damage)
        self.path, self.damage = path, damage


@dataclass(frozen=True)
class FoundArchive:
    """Where a dataset lies: its archive, or the folder of its extracted batches."""

    path: Path
    is_packed: bool

    @property
    def folder(self) -> Path:
        """What a person would open."""
        return self.path.parent if self.is_packed else self.path


def find_archive(name: str, archive: PublishedArchive) -> FoundArchive | None:
    """Find the first place that holds a dataset, without reading it.

    Raises:
        StorageError: See :func:`~cnn_core.data.folders.data_folder`.
    """
    ours, keras = data_folder() / name, keras_folder("datasets")
    folders = [ours / archive.folder, *([keras / each for each in archive.keras_folders] if keras else [])]
    archives = [ours / archive.name, *([keras / each for each in archive.keras_archives] if keras else [])]
    for folder, packed in zip(folders, archives, strict=True):
        if all(is_file(folder / batch.name) for batch in archive.batches):
            return FoundArchive(folder, is_packed=False)
        if is_file(packed):
            return FoundArchive(packed, is_packed=True)
    return None


def find_archive_damage(found: FoundArchive, archive: PublishedArchive, *, verify: bool = False) -> str | None:
    """Say what is wrong with the files of a dataset, as a whole message; ``None`` if nothing is known to be.

    Args:
        found: Where it lies.
        archive: What it has to be.
        verify: Hash the files unless that was done since they last changed. Without it only sizes are compared, and
            what was found out by hashing is remembered.
    """
    expected: list[tuple[Path, PublishedArchive | PublishedBatch]] = (
        [(found.path, archive)] if found.is_packed else [(found.path / batch.name, batch) for batch in archive.batches]
    )
    for path, published in expected:
        try:
            damage = _damage(path, published, verify=verify)
        except OSError as error:
            damage = f"cannot be read ({error})"
        if damage:
            return damage_message(path, damage)
    return None


def load_archived(
    card: DatasetCard,
    archive: PublishedArchive,
    *,
    download: bool,
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> Dataset:
    """Load a dataset from its archive or its extracted batches.

    Arguments and errors as of :func:`cnn_core.data.load.load_dataset`.
    """
    found = find_archive(card.name, archive)
    if found is None:
        if not download:
            raise DatasetError(missing_archive_message(card, archive))
        # Brings urllib and filelock, 0.1 s that few calls need.
        from cnn_core.data.download import download_archive

        folder = data_folder() / card.name
        download_archive(card.name, archive, folder, on_progress)
        found = FoundArchive(folder / archive.name, is_packed=True)
    try:
        batches = _read_packed(found.path, archive, card) if found.is_packed else _read_folder(found, archive, card)
    except _DamagedError as error:
        raise DatasetError(damage_message(error.path, error.damage)) from error
    except OSError as error:
        raise DatasetError(damage_message(found.path, f"cannot be read ({error})")) from error
    train = [batches[batch.name] for batch in archive.train]
    return Dataset(
        name=card.name,
        title=card.title,
        class_names=card.class_names,
        train_images=np.concatenate([batch.images for batch in train]),
        train_labels=np.concatenate([batch.labels for batch in train]),
        test_images=batches[archive.test.name].images,
        test_labels=batches[archive.test.name].labels,
        checksum=card.checksum,
    )


def missing_archive_message(card: DatasetCard, archive: PublishedArchive) -> str:
    """What to do where a dataset is not on this machine."""
    return (
        f"{card.title} is not on this machine. The first training downloads it ({card.download_bytes / 1e6:.0f} MB); "
        f"without a network, put {archive.name} into '{data_folder() / card.name}'."
    )


def _damage(path: Path, published: PublishedArchive | PublishedBatch, *, verify: bool) -> str | None:
    status = path.stat()
    key = str(path), status.st_size, status.st_mtime_ns
    if status.st_size != published.size:
        return f"is truncated or altered: expected {published.size:,} bytes, found {status.st_size:,}"
    if key not in _verdicts and verify:
        with path.open("rb") as file:
            _verdicts[key] = _altered(file, published)
    return _verdicts.get(key)


def _altered(file: IO[bytes], published: PublishedArchive | PublishedBatch) -> str | None:
    """Hash a file to its end, and compare."""
    is_archive = isinstance(published, PublishedArchive)
    digest = hashlib.sha256() if is_archive else hashlib.md5(usedforsecurity=False)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    expected = published.sha256 if isinstance(published, PublishedArchive) else published.md5
    return _other_digest("SHA-256" if is_archive else "MD5", expected, digest.hexdigest())


def _other_digest(kind: str, expected: str, found: str) -> str | None:
    return None if found == expected else f"is altered: expected the {kind} {expected[:12]}…, found {found[:12]}…"


def _read_packed(path: Path, archive: PublishedArchive, card: DatasetCard) -> dict[str, Batch]:
    """The batches in an archive, by their names; nothing else in it is looked at."""
    damage = _damage(path, archive, verify=True)
    if damage:
        raise _DamagedError(path, damage)
    wanted = {f"{archive.folder}/{batch.name}": batch for batch in archive.batches}
    found: dict[str, Batch] = {}
    try:
        with tarfile.open(path, "r:gz") as packed:
            for member in _files(packed):
                batch = wanted.get(member.name)
                file = packed.extractfile(member) if batch and member.size == batch.size else None
                if batch and file:
                    found[batch.name] = _checked_batch(path, file.read(), batch, card)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise _DamagedError(path, f"cannot be unpacked ({error})") from error
    if len(found) < len(archive.batches):
        lacking = next(batch.name for batch in archive.batches if batch.name not in found)
        raise _DamagedError(path, f"is altered: it holds no '{archive.folder}/{lacking}'")
    return found


def _files(packed: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in packed if member.isreg())


def _read_folder(found: FoundArchive, archive: PublishedArchive, card: DatasetCard) -> dict[str, Batch]:
    batches = {}
    for batch in archive.batches:
        path = found.path / batch.name
        damage = _damage(path, batch, verify=False)
        if damage:
            raise _DamagedError(path, damage)
        batches[batch.name] = _checked_batch(path, path.read_bytes(), batch, card)
    return batches


def _checked_batch(path: Path, data: bytes, batch: PublishedBatch, card: DatasetCard) -> Batch:
    """Read a batch, once these very bytes are known to be the published ones."""
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    altered = _other_digest("MD5", batch.md5, digest)
    try:
        if altered:
            raise UnpickleError(altered)
        return read_batch(data, len(card.class_names))
    except UnpickleError as error:
        raise _DamagedError(path, str(error)) from error
