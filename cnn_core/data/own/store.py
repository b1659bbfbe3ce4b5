"""Datasets of one's own on the disk: a folder with a card and four arrays, visible only when it is whole."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from cnn_core.data.dataset import Dataset
from cnn_core.data.folders import data_folder
from cnn_core.data.own.arrays import ARRAYS as ARRAYS
from cnn_core.data.own.arrays import GROUPS, read_array
from cnn_core.data.own.arrays import TRAIN_GROUPS as TRAIN_GROUPS
from cnn_core.data.own.arrays import checksum_of as checksum_of
from cnn_core.data.own.arrays import digests_of as digests_of
from cnn_core.data.own.incoming import Incoming as Incoming
from cnn_core.data.own.incoming import hidden_path, move_to
from cnn_core.data.own.incoming import incoming as incoming
from cnn_core.data.own.settings import own_settings
from cnn_core.errors import DatasetError, StorageError
from cnn_core.images.frame import Frame

CARD = "dataset.json"


class OwnCard(BaseModel):
    """What ``dataset.json`` says of a dataset.

    Attributes:
        left_out_classes: Classes that were not brought in, by choice or as too small, and how many pictures each had.
        train_counts: Training images of each class; empty where an older version wrote the card.
        test_counts: Test images of each class.
        checksum: Of classes, images, labels and groups; see :func:`checksum_of`.
        digests: SHA-256 of each array's file; see :func:`digests_of`.
        settings: As they were asked for.
        left_out: How many files were not brought in.
    """

    model_config = ConfigDict(frozen=True)

    format: int = 1
    name: str
    title: str
    description: str
    licence: str
    origin: str
    created: float
    class_names: tuple[str, ...]
    frame: Frame
    is_mirrored_alike: bool
    train_count: int
    test_count: int
    left_out_classes: dict[str, int] = {}
    train_counts: tuple[int, ...] = ()
    test_counts: tuple[int, ...] = ()
    left_out: int
    checksum: str
    digests: dict[str, str]
    settings: dict[str, Any]


def own_folder(name: str) -> Path:
    """Where a dataset of one's own lies, whether it exists or not."""
    return data_folder() / name


def own_names() -> list[str]:
    """Names of the datasets of one's own that are whole, in order."""
    try:
        folders = sorted(path for path in data_folder().iterdir() if not path.name.startswith("."))
    except OSError:  # there is no such folder yet
        return []
    return [path.name for path in folders if (path / CARD).is_file()]


def read_card(name: str) -> OwnCard:
    """What is known of a dataset of one's own.

    Raises:
        DatasetError: There is none of this name, or its card is damaged.
    """
    # A name comes from addresses and commands, and must not lead anywhere else.
    if name not in own_names():
        raise DatasetError(f"There is no dataset '{name}' in '{data_folder()}'.")
    path = own_folder(name) / CARD
    try:
        return OwnCard.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DatasetError(f"The dataset '{name}' cannot be read: '{path}' is damaged. Bring it in again.") from error


def has_groups(name: str) -> bool:
    """Whether a dataset of one's own says which of its training images belong together."""
    return (own_folder(name) / TRAIN_GROUPS).is_file()


def load_own(name: str, *, verify: bool = True) -> Dataset:
    """Load a dataset of one's own. Its images stay on the disk until they are needed.

    Args:
        name: Of the dataset.
        verify: Hash files that were not hashed since they last changed. Without it what this process has found out
            about them by hashing is remembered.

    Raises:
        DatasetError: There is none of this name; or a file is missing, truncated, altered or of another shape.
    """
    card, folder = read_card(name), own_folder(name)
    counts = {"train": card.train_count, "test": card.test_count}

    def read(array: str) -> np.ndarray:
        part, _, kind = array.partition("_")
        shape = (counts[part], *card.frame.shape) if kind == "images" else (counts[part],)
        return read_array(folder / f"{array}.npy", shape, card.digests.get(array), verify=verify)

    train_images, train_labels, test_images, test_labels = map(read, ARRAYS)
    for labels in (train_labels, test_labels):
        if not np.isin(labels, range(len(card.class_names))).all():
            raise DatasetError(f"The labels in '{folder}' name classes that are not there. Bring '{name}' in again.")
    return Dataset(
        name=card.name,
        title=card.title,
        class_names=card.class_names,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        checksum=card.checksum,
        train_groups=read(GROUPS) if GROUPS in card.digests or has_groups(name) else None,
    )


def publish(folder: Incoming, card: OwnCard) -> None:
    """Make a dataset of a finished folder, at once. All of it is on the disk before anybody sees it.

    Raises:
        DatasetError: The name was taken meanwhile.
        StorageError: The disk is full.
    """
    target = own_folder(card.name)
    try:
        for path in folder.path.glob("*.npy"):
            with path.open("r+b") as array:
                os.fsync(array.fileno())
        with (folder.path / CARD).open("w", encoding="utf-8") as file:
            file.write(json.dumps(card.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if not move_to(folder, target):
            raise DatasetError(f"The name '{card.name}' is taken: there is '{target}'. Choose another one.")
    except OSError as error:
        raise StorageError(f"'{target}' could not be written ({error.strerror}). Make room, and try again.") from error


def remove_own(name: str) -> None:
    """Delete a dataset of one's own: first out of sight, then from the disk.

    Raises:
        DatasetError: There is none of this name.
        StorageError: It may not be deleted.
    """
    read_card(name)
    hidden = hidden_path()
    try:
        own_folder(name).rename(hidden)
    except OSError as error:
        raise StorageError(f"The dataset '{name}' could not be deleted ({error.strerror}).") from error
    shutil.rmtree(hidden, ignore_errors=True)


def describe_own(name: str, **changes: str) -> OwnCard:
    """Change title, description, licence or origin of a dataset, and nothing else.

    Raises:
        ConfigError: They are too long, or the title is empty.
        DatasetError: There is none of this name.
        StorageError: The disk is full.
    """
    card = read_card(name)
    # The limits of one that is brought in. Its name stays, which somebody may have given its folder by hand.
    checked = own_settings({"name": "any", "title": card.title, **changes})
    card = card.model_copy(update=checked.model_dump(include=set(changes)))
    path = own_folder(name) / CARD
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(json.dumps(card.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"'{path}' could not be written ({error.strerror}).") from error
    return card
