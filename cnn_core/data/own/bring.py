"""Bring pictures in: decoded once, in the size of the dataset, into arrays that a training reads without decoding."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cnn_core.data.catalogue import is_built_in
from cnn_core.data.own.image_file import ImageFile
from cnn_core.data.own.layout import Found, Layout, Part
from cnn_core.data.own.listing import FileRow, files_name, write_files, write_left_out
from cnn_core.data.own.reading import frame_of, read_all, reason_of
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.sources import Source
from cnn_core.data.own.split import parted, wanted
from cnn_core.data.own.store import (
    TRAIN_GROUPS,
    OwnCard,
    checksum_of,
    digests_of,
    incoming,
    own_folder,
    publish,
)
from cnn_core.errors import DatasetError, PictureError, StorageError
from cnn_core.images.frame import Frame
from cnn_core.jobs.work import CancelledError

__all__ = ["CancelledError", "Progress", "bring_in", "check_name"]

_TOLD_EACH_SECONDS = 0.3
# Beside the images: labels, names and what the disk needs for itself.
_ROOM_BESIDE = 16 * 2**20


@dataclass(frozen=True)
class Progress:
    """How far it is: pictures done, of all, and seconds since the start."""

    done: int
    total: int
    seconds: float

    @property
    def pace(self) -> float:
        """Pictures a second."""
        return self.done / max(self.seconds, 1e-9)

    @property
    def share(self) -> float:
        """What is done, in [0, 1]."""
        return self.done / max(self.total, 1)


@dataclass
class _Written:
    """What was written so far: labels and files of each part, in the order of its images, and what was left out."""

    labels: dict[Part, list[int]] = field(default_factory=lambda: {"train": [], "test": []})
    files: dict[Part, list[FileRow]] = field(default_factory=lambda: {"train": [], "test": []})
    left_out: list[tuple[str, str]] = field(default_factory=list)


def bring_in(
    source: Source,
    layout: Layout,
    settings: OwnSettings,
    *,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> OwnCard:
    """Make a dataset of a source. It is there when everything is done, or not at all; the source stays as it is.

    Memory holds a few dozen pictures at a time; of all of them their names and labels.

    Args:
        source: Where the pictures are read.
        layout: Which of them, and of which classes.
        settings: What is to become of them.
        on_progress: Called a few times a second.
        should_stop: Asked between pictures.

    Raises:
        CancelledError: ``should_stop`` said so. Nothing is left behind.
        DatasetError: The name is taken; too few classes or pictures are left; or none could be read.
        StorageError: The data folder cannot be written, or its disk is full.
    """
    check_name(settings.name)
    chosen, class_names = wanted(layout, settings)
    parts = parted(chosen, class_names, settings)
    frame = frame_of(settings)
    with incoming() as folder:
        with _write_errors():
            _check_room(folder.path, len(chosen), frame)
            written = _write(source, chosen, parts, class_names, frame, folder.path, on_progress, should_stop)
            left_out = [*layout.left_out, *written.left_out]
            write_left_out(folder.path, left_out)
            counts = {part: _class_counts(part, labels, class_names) for part, labels in written.labels.items()}
            digests = digests_of(folder.path)
        card = OwnCard(
            **settings.model_dump(include={"name", "title", "description", "licence", "origin", "is_mirrored_alike"}),
            created=time.time(),
            class_names=class_names,
            frame=frame,
            train_count=sum(counts["train"]),
            test_count=sum(counts["test"]),
            train_counts=counts["train"],
            test_counts=counts["test"],
            left_out=len(left_out),
            left_out_classes={label: n for label, n in layout.counts.items() if label not in class_names},
            checksum=checksum_of(class_names, digests),
            digests=digests,
            settings=settings.model_dump(mode="json"),
        )
        publish(folder, card)
    return card


def check_name(name: str) -> None:
    """Look whether a dataset may have a name.

    Raises:
        DatasetError: It is taken.
    """
    if is_built_in(name):
        raise DatasetError(f"The name '{name}' is that of a dataset that is built in. Choose another one.")
    if own_folder(name).exists():
        raise DatasetError(f"The name '{name}' is taken: there is '{own_folder(name)}'. Choose another one.")


@contextmanager
def _write_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The dataset could not be written ({error.strerror}). Make room on the disk, and try again."
        ) from error


def _check_room(folder: Path, count: int, frame: Frame) -> None:
    """Raise early where the images would not fit on the disk; hours later is too late."""
    needed, free = count * int(np.prod(frame.shape)) + _ROOM_BESIDE, shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"The dataset needs {needed / 1e6:,.0f} MB, and the disk of '{folder.parent}' has {free / 1e6:,.0f} MB "
            "left. Make room, choose smaller images, or leave classes out."
        )


def _write(
    source: Source,
    chosen: Sequence[Found],
    parts: Sequence[Part],
    class_names: tuple[str, ...],
    frame: Frame,
    folder: Path,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> _Written:
    """Write the arrays and the tables of files."""
    written = _Written()
    places = {name: label for label, name in enumerate(class_names)}
    started = told = time.perf_counter()
    with (
        ImageFile(folder / "train_images.npy", frame.shape) as train,
        ImageFile(folder / "test_images.npy", frame.shape) as test,
    ):
        arrays = {"train": train, "test": test}
        for done, (one, part, read) in enumerate(read_all(source, chosen, parts, frame), start=1):
            if should_stop():
                raise CancelledError
            if isinstance(read, PictureError):
                written.left_out.append((one.name, reason_of(read, one.name)))
            else:
                image, (width, height) = read
                arrays[part].append(image)
                written.labels[part].append(places[one.label])
                written.files[part].append(FileRow(one.name, width, height, one.group or ""))
            now = time.perf_counter()
            if now - told >= _TOLD_EACH_SECONDS or done == len(chosen):
                told = now
                on_progress(Progress(done, len(chosen), now - started))
    _write_beside(folder, written)
    return written


def _write_beside(folder: Path, written: _Written) -> None:
    """Write what belongs to the images: labels, files, groups."""
    is_grouped = any(row.group for rows in written.files.values() for row in rows)
    for part, labels in written.labels.items():
        np.save(folder / f"{part}_labels.npy", np.array(labels, np.int64))
        write_files(folder / files_name(part), written.files[part], is_grouped=is_grouped)
    if is_grouped:
        numbers: dict[str, int] = {"": -1}
        groups = [numbers.setdefault(row.group, len(numbers) - 1) for row in written.files["train"]]
        np.save(folder / TRAIN_GROUPS, np.array(groups, np.int64))


def _class_counts(part: Part, labels: Sequence[int], class_names: tuple[str, ...]) -> tuple[int, ...]:
    """Images of each class in a part. There must be some, after all that could not be read.

    Raises:
        DatasetError: A class has none.
    """
    counts = np.bincount(np.array(labels, np.int64), minlength=len(class_names))
    if not counts.all():
        lacking = class_names[int(np.argmin(counts > 0))]
        raise DatasetError(
            f"Class '{lacking}' has no {'test' if part == 'test' else 'training'} image that could be read. Add "
            "some, or leave the class out."
        )
    return tuple(map(int, counts))
