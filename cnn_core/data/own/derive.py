"""A dataset without some of its images, as a dataset of one's own: the one that it is made of stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from cnn_core.data.catalogue import DatasetCard, dataset_card
from cnn_core.data.dataset import Dataset
from cnn_core.data.load import load_dataset
from cnn_core.data.own.bring import check_name
from cnn_core.data.own.image_file import ImageFile
from cnn_core.data.own.incoming import incoming
from cnn_core.data.own.layout import Part
from cnn_core.data.own.listing import files_name, read_files, write_files
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.store import (
    TRAIN_GROUPS,
    OwnCard,
    checksum_of,
    digests_of,
    own_folder,
    own_names,
    publish,
)
from cnn_core.errors import DatasetError
from cnn_core.jobs.work import CancelledError, Work
from cnn_core.runs.files import storage_errors

KIND = "derive"
_CHUNK = 512


class Without(BaseModel):
    """What a job of the kind :data:`KIND` is asked for.

    Attributes:
        dataset: What the new one is made of.
        checksum: Of it: the indices mean nothing for another one.
        train_drop: Training images that are left out, by index.
        test_drop: The same, of the test images.
        name: Of the new dataset.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    checksum: str
    train_drop: tuple[int, ...]
    test_drop: tuple[int, ...]
    name: str
    title: str


class Derived(BaseModel):
    """What came out."""

    model_config = ConfigDict(frozen=True)

    name: str
    train_count: int
    test_count: int


def without(asked: Without, tell: Callable[[float], None]) -> OwnCard:
    """Make a dataset of the images that are kept, in their order. It is there when everything is done, or not at all.

    Names of files and groups follow their images, which are read and written a few at a time.

    Args:
        asked: What is left out, and what the new one is called.
        tell: Told the share that is done, now and then; may raise to end the work, which leaves nothing behind.

    Raises:
        DatasetError: The name is taken; the dataset has changed; or a class would be left without an image.
        StorageError: The data folder cannot be written, or its disk is full.
    """
    # The name becomes a folder.
    own_settings({"name": asked.name, "title": asked.title})
    check_name(asked.name)
    source, card = load_dataset(asked.dataset, download=False), dataset_card(asked.dataset)
    if source.checksum != asked.checksum:
        raise DatasetError(f"'{asked.dataset}' has changed since its duplicates were searched. Search again.")
    kept: dict[Part, np.ndarray] = {
        "train": _kept(source.train_labels, asked.train_drop, card, "training"),
        "test": _kept(source.test_labels, asked.test_drop, card, "test"),
    }
    with incoming() as folder:
        with storage_errors(folder.path):
            _write(folder.path, source, kept, tell)
            _write_beside(folder.path, source, card, kept)
            digests = digests_of(folder.path)
        new = _card(asked, card, source, kept, digests)
        publish(folder, new)
    return new


def free_clean_name(name: str) -> str:
    """A name that is not taken yet for a dataset without its duplicates: ``digits-clean``, or ``digits-clean-2``."""
    taken, stem = set(own_names()), f"{name[:50]}-clean"
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def work(work: Work) -> Derived:
    """Do what a job of the kind :data:`KIND` asks for; its settings are a :class:`Without`."""

    def tell(share: float) -> None:
        if work.should_stop():
            raise CancelledError
        work.tell(share, "copying the images that are kept")

    card = without(Without.model_validate(work.job.job_request().settings), tell)
    return Derived(name=card.name, train_count=card.train_count, test_count=card.test_count)


def _kept(labels: np.ndarray, drop: tuple[int, ...], card: DatasetCard, part: str) -> np.ndarray:
    """(K,) int64: the images of a part that are left."""
    is_kept = np.ones(len(labels), bool)
    is_kept[list(drop)] = False
    counts = np.bincount(labels[is_kept], minlength=len(card.class_names))
    if not counts.all():
        raise DatasetError(
            f"Class '{card.class_names[int(np.argmin(counts))]}' would have no {part} image left: all of them are "
            "duplicates. Leave fewer out."
        )
    return np.flatnonzero(is_kept)


def _write(folder: Path, source: Dataset, kept: dict[Part, np.ndarray], tell: Callable[[float], None]) -> None:
    done, total = 0, sum(map(len, kept.values()))
    arrays = {"train": (source.train_images, source.train_labels), "test": (source.test_images, source.test_labels)}
    for part, indices in kept.items():
        images, labels = arrays[part]
        with ImageFile(folder / f"{part}_images.npy", images.shape[1:]) as file:
            for start in range(0, len(indices), _CHUNK):
                tell(done / total)
                for image in images[indices[start : start + _CHUNK]]:
                    file.append(image)
                done += len(indices[start : start + _CHUNK])
        np.save(folder / f"{part}_labels.npy", labels[indices])


def _write_beside(folder: Path, source: Dataset, card: DatasetCard, kept: dict[Part, np.ndarray]) -> None:
    """Names of files and groups, where the source has them.

    Raises:
        DatasetError: A table does not fit the images.
    """
    if source.train_groups is not None:
        np.save(folder / TRAIN_GROUPS, source.train_groups[kept["train"]])
    for part, indices in kept.items() if card.is_own else ():
        if rows := read_files(own_folder(card.name), part):
            count = card.train_count if part == "train" else card.test_count
            if len(rows) != count:
                files = "1 file" if len(rows) == 1 else f"{len(rows):,} files"
                raise DatasetError(
                    f"The table '{own_folder(card.name) / files_name(part)}' names {files}, and there are {count:,} "
                    f"images. Bring '{card.name}' in again, or delete the table."
                )
            chosen = [rows[index] for index in indices]
            write_files(folder / files_name(part), chosen, is_grouped=any(row.group for row in rows))


def _card(
    asked: Without, card: DatasetCard, source: Dataset, kept: dict[Part, np.ndarray], digests: dict[str, str]
) -> OwnCard:
    classes = len(card.class_names)
    by_part: tuple[tuple[Part, np.ndarray], ...] = (("train", source.train_labels), ("test", source.test_labels))
    counts = {part: tuple(np.bincount(labels[kept[part]], minlength=classes).tolist()) for part, labels in by_part}
    return OwnCard(
        name=asked.name,
        title=asked.title,
        description=f"{card.description} Without {len(asked.train_drop):,} training and {len(asked.test_drop):,} test "
        f"images of {card.title} that are there more than once.".strip(),
        licence=card.licence,
        origin=card.source,
        created=time.time(),
        class_names=card.class_names,
        frame=card.frame,
        is_mirrored_alike=card.is_mirrored_alike,
        train_count=len(kept["train"]),
        test_count=len(kept["test"]),
        train_counts=counts["train"],
        test_counts=counts["test"],
        left_out=0,
        checksum=checksum_of(card.class_names, digests),
        digests=digests,
        settings=asked.model_dump(mode="json"),
    )
