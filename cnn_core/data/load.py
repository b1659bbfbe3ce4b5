"""Datasets by name: whether one is here, and its images."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnn_core.data.archives import find_archive, find_archive_damage, load_archived, missing_archive_message
from cnn_core.data.catalogue import DatasetCard, dataset_card, dataset_names
from cnn_core.data.dataset import Dataset
from cnn_core.data.folders import FoundFiles, data_folder, find_files, find_idx
from cnn_core.data.own.store import load_own, own_folder
from cnn_core.data.payload import damage_message, find_damage, read_verified
from cnn_core.data.published import ARCHIVES, PUBLICATIONS, Publication, PublishedArchive
from cnn_core.errors import DatasetError

if TYPE_CHECKING:
    from cnn_core.data.download import DownloadProgress

__all__ = ["DatasetState", "data_folder", "dataset_state", "load_dataset", "ready_names"]


@dataclass(frozen=True)
class DatasetState:
    """Whether a dataset can be loaded without a download.

    Attributes:
        state: ``damaged`` if a file is truncated, altered or unreadable: it is neither used nor replaced.
        folder: Where its files lie; None if it needs none, or has none.
        message: One sentence or two for a person: where it is, or what to do.
    """

    name: str
    state: Literal["ready", "missing", "damaged"]
    folder: Path | None
    message: str


def dataset_state(name: str, *, verify: bool = False) -> DatasetState:
    """Look whether a dataset can be loaded. Never downloads.

    Args:
        name: One of :func:`~cnn_core.data.catalogue.dataset_names`.
        verify: Hash files that were not hashed since they last changed (about 0.2 s for Fashion-MNIST).
            Without it only sizes are compared, which finds truncated files, and what this process has found
            out about these files by hashing or loading them is remembered. Loading verifies in any case.

    Raises:
        DatasetError: No dataset has this name.
        StorageError: There is no folder to look in; see :func:`data_folder`.
    """
    card = dataset_card(name)
    if card.is_own:
        return _own_state(card, verify=verify)
    if name in ARCHIVES:
        return _archive_state(card, ARCHIVES[name], verify=verify)
    publication = PUBLICATIONS.get(name)
    if publication is None:
        return DatasetState(name, "ready", None, f"{card.title} comes with scikit-learn: nothing to download.")
    found = find_files(name, publication)
    damaged = _find_damaged(name, publication, found, verify=verify)
    if damaged:
        path, damage = damaged
        return DatasetState(name, "damaged", path.parent, damage_message(path, damage))
    if found:
        return DatasetState(name, "ready", found.folder, f"{card.title} is in '{found.folder}'.")
    return DatasetState(name, "missing", None, _missing_message(card, publication))


def ready_names() -> tuple[str, ...]:
    """The datasets that can be loaded without a download, in the order of the catalogue; damaged ones are left out."""
    ready = []
    for name in dataset_names():
        with contextlib.suppress(DatasetError):
            if dataset_state(name).state == "ready":
                ready.append(name)
    return tuple(ready)


def load_dataset(
    name: str,
    *,
    download: bool = True,
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> Dataset:
    """Load a dataset from the data folder, else from what Keras has downloaded, else from the network.

    Every file is verified by the SHA-256 of its unpacked bytes (of batches by the MD5 that is published of them), each
    time; those of a dataset of one's own when they have changed since this process last did. A damaged file is never
    used, and never skipped, deleted or replaced either, wherever it lies: it belongs to the user, and Keras would go on
    to train on a damaged one in its cache without a word. Thread-safe; nearly all of the time is spent without the GIL,
    so that it can run beside slow imports.

    Args:
        name: One of :func:`~cnn_core.data.catalogue.dataset_names`.
        download: Whether files that are missing may be fetched into ``data_folder() / name``.
        on_progress: Called during a download, in the calling thread.

    Raises:
        DatasetError: The name is unknown; files are damaged; or they are missing and may or can not be
            downloaded.
        StorageError: The data folder cannot be written, or its disk is full.
    """
    card = dataset_card(name)
    if card.is_own:
        return load_own(name)
    if name in ARCHIVES:
        return load_archived(card, ARCHIVES[name], download=download, on_progress=on_progress)
    publication = PUBLICATIONS.get(name)
    if publication is None:
        from cnn_core.data.digits import load_digits

        return load_digits()
    found = find_files(name, publication)
    if found is None:
        found = _download(card, publication, allowed=download, on_progress=on_progress)
    with ThreadPoolExecutor(max_workers=len(publication.files)) as readers:
        train_images, train_labels, test_images, test_labels = readers.map(
            read_verified, found.paths, publication.files
        )
    return Dataset(
        name=card.name,
        title=card.title,
        class_names=card.class_names,
        train_images=train_images[..., np.newaxis],
        train_labels=train_labels.astype(np.int64),
        test_images=test_images[..., np.newaxis],
        test_labels=test_labels.astype(np.int64),
        checksum=card.checksum,
    )


def _own_state(card: DatasetCard, *, verify: bool) -> DatasetState:
    folder = own_folder(card.name)
    try:
        load_own(card.name, verify=verify)
    except DatasetError as error:
        return DatasetState(card.name, "damaged", folder, str(error))
    return DatasetState(card.name, "ready", folder, f"{card.title} is in '{folder}'.")


def _archive_state(card: DatasetCard, archive: PublishedArchive, *, verify: bool) -> DatasetState:
    found = find_archive(card.name, archive)
    if found is None:
        return DatasetState(card.name, "missing", None, missing_archive_message(card, archive))
    damage = find_archive_damage(found, archive, verify=verify)
    if damage:
        return DatasetState(card.name, "damaged", found.folder, damage)
    return DatasetState(card.name, "ready", found.folder, f"{card.title} is in '{found.folder}'.")


def _download(
    card: DatasetCard,
    publication: Publication,
    *,
    allowed: bool,
    on_progress: Callable[[DownloadProgress], None] | None,
) -> FoundFiles:
    # Files that are there already will be used beside the downloaded ones: find damage before, not after.
    damaged = _find_damaged(card.name, publication, None, verify=True)
    if damaged:
        raise DatasetError(damage_message(*damaged))
    if not allowed:
        raise DatasetError(_missing_message(card, publication))

    # Brings urllib and filelock, 0.1 s that few calls need.
    from cnn_core.data.download import download_missing

    folder = data_folder() / card.name
    download_missing(card.name, publication, folder, on_progress)
    found = find_files(card.name, publication)
    if found is None:
        raise DatasetError(f"The files of {card.title} vanished from '{folder}' after the download. Try again.")
    return found


def _find_damaged(
    name: str, publication: Publication, found: FoundFiles | None, *, verify: bool
) -> tuple[Path, str] | None:
    """Return the first damaged file and what is wrong with it, of an incomplete dataset too."""
    paths = found.paths if found else [find_idx(data_folder() / name, file.name) for file in publication.files]
    for path, file in zip(paths, publication.files, strict=True):
        damage = find_damage(path, file, verify=verify) if path else None
        if path and damage:
            return path, damage
    return None


def _missing_message(card: DatasetCard, publication: Publication) -> str:
    folder = data_folder() / card.name
    missing = ", ".join(f"{file.name}.gz" for file in publication.files if find_idx(folder, file.name) is None)
    return (
        f"{card.title} is not on this machine. The first training downloads it ({card.download_bytes / 1e6:.0f} MB); "
        f"without a network, put {missing} into '{folder}'."
    )
