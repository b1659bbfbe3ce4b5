"""Bring pictures in: decoded once, in the size of the dataset, into arrays that a training reads without decoding."""

from __future__ import annotations

import csv
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from cnn_core.data.catalogue import is_built_in
from cnn_core.data.own.layout import Found, Layout, Part, sort_key
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.sources import Source
from cnn_core.data.own.store import ARRAYS, OwnCard, checksum_of, file_digest, incoming, own_folder, publish
from cnn_core.errors import DatasetError, PictureError, StorageError
from cnn_core.images.backdrop import over_contrast
from cnn_core.images.decode import decode_picture
from cnn_core.images.fit import fitted_as
from cnn_core.images.frame import Frame
from cnn_core.images.uncut import in_channels

# Pictures on their way at a time: enough to keep the threads busy, few enough to stay small.
_WINDOW = 64
_THREADS = 3
_TOLD_EACH_SECONDS = 0.3
# Written down one by one; of more, only how many.
_MOST_REASONS = 10_000


class CancelledError(Exception):
    """Somebody asked for a stop."""


@dataclass(frozen=True)
class Progress:
    """How far it is: pictures done, of all, and seconds since the start."""

    done: int
    total: int
    seconds: float


def bring_in(
    source: Source,
    layout: Layout,
    settings: OwnSettings,
    *,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> OwnCard:
    """Make a dataset of a source. It is there when everything is done, or not at all; the source stays as it is.

    Memory does not grow with the number of pictures.

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
    if is_built_in(settings.name):
        raise DatasetError(f"The name '{settings.name}' is that of a dataset that is built in. Choose another one.")
    if own_folder(settings.name).exists():
        raise DatasetError(
            f"The name '{settings.name}' is taken: there is '{own_folder(settings.name)}'. Choose another one."
        )
    chosen, class_names = _chosen(layout, settings)
    parts = _parted(chosen, class_names, settings)
    frame = Frame(
        height=settings.height, width=settings.width, channels=settings.channels, background="natural", fit=settings.fit
    )
    with incoming() as folder:
        try:
            left_out = _write(source, chosen, parts, class_names, frame, folder.path, on_progress, should_stop)
            counts = _check_parts(folder.path, class_names)
            _write_reasons(folder.path / "left_out.csv", [*layout.left_out, *left_out])
            digests = {part: file_digest(folder.path / f"{part}.npy") for part in ARRAYS}
        except OSError as error:
            raise StorageError(
                f"The dataset could not be written ({error.strerror}). Make room on the disk, and try again."
            ) from error
        card = OwnCard(
            **settings.model_dump(include={"name", "title", "description", "licence", "origin", "is_mirrored_alike"}),
            created=time.time(),
            class_names=class_names,
            frame=frame,
            train_count=counts["train"],
            test_count=counts["test"],
            left_out=len(layout.left_out) + len(left_out),
            checksum=checksum_of(class_names, digests),
            digests=digests,
            settings=settings.model_dump(mode="json"),
        )
        publish(folder, card)
    return card


def read_image(data: bytes, name: str, frame: Frame) -> np.ndarray:
    """Decode a picture and bring it into a dataset's shape: (height, width, channels) uint8.

    Raises:
        PictureError: It cannot be read.
    """
    picture = decode_picture(data, name)
    return in_channels(fitted_as(over_contrast(picture.rgb, picture.alpha), frame), frame).reshape(frame.shape)


def _chosen(layout: Layout, settings: OwnSettings) -> tuple[list[Found], tuple[str, ...]]:
    """The pictures that are wanted, and their classes."""
    counts = layout.counts
    kept = [label for label in counts if label not in settings.leave_out and counts[label] >= settings.fewest]
    if len(kept) < 2:
        raise DatasetError(
            f"{len(kept)} of {len(counts)} classes are left with at least {settings.fewest} pictures each; two are "
            "needed. Leave fewer out, or lower the smallest class size."
        )
    wanted = set(kept)
    return [one for one in layout.found if one.label in wanted], tuple(sorted(kept, key=sort_key))


def _parted(chosen: Sequence[Found], class_names: tuple[str, ...], settings: OwnSettings) -> list[Part]:
    """Where each picture goes. What the source says counts; otherwise it is drawn, the same share of each class."""
    if any(one.part == "test" for one in chosen):
        return [one.part or "train" for one in chosen]
    places = {name: label for label, name in enumerate(class_names)}
    labels = np.array([places[one.label] for one in chosen])
    is_grouped = any(one.group for one in chosen)
    test = _by_group(chosen, labels, settings) if is_grouped else _by_class(labels, settings)
    return ["test" if is_test else "train" for is_test in test]


def _by_class(labels: np.ndarray, settings: OwnSettings) -> np.ndarray:
    """(N,) bool: of each class the same share, at least one image and not all."""
    rng, is_test = np.random.default_rng(settings.seed), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        count = min(max(1, round(settings.test_share * len(places))), len(places) - 1)
        is_test[rng.permutation(places)[:count]] = True
    return is_test


def _by_group(chosen: Sequence[Found], labels: np.ndarray, settings: OwnSettings) -> np.ndarray:
    """(N,) bool: whole groups, so that about the same share of each class is for the test."""
    from sklearn.model_selection import StratifiedGroupKFold

    # What has no group is one by itself.
    groups = np.array([one.group or f"\0{number}" for number, one in enumerate(chosen)])
    folds = max(2, round(1 / settings.test_share))
    if len(np.unique(groups)) < folds:
        raise DatasetError(
            f"The pictures lie in {len(np.unique(groups))} groups: too few for a test share of "
            f"{settings.test_share:g}. Choose a larger share, or leave the groups out."
        )
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=settings.seed)
    _, test = next(split.split(labels, labels, groups))
    is_test = np.zeros(len(labels), bool)
    is_test[test] = True
    return is_test


def _write(
    source: Source,
    chosen: Sequence[Found],
    parts: Sequence[Part],
    class_names: tuple[str, ...],
    frame: Frame,
    folder: Path,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> list[tuple[str, str]]:
    """Write the arrays. Returns what could not be read, and why."""
    left_out: list[tuple[str, str]] = []
    places = {name: label for label, name in enumerate(class_names)}
    labels: dict[Part, list[int]] = {"train": [], "test": []}
    names: dict[Part, list[str]] = {"train": [], "test": []}
    started = told = time.perf_counter()
    with _ImageFile(folder / "train_images.npy", frame) as train, _ImageFile(folder / "test_images.npy", frame) as test:
        files = {"train": train, "test": test}
        for done, (one, part, image) in enumerate(_images(source, chosen, parts, frame), start=1):
            if should_stop():
                raise CancelledError
            if isinstance(image, PictureError):
                left_out.append((one.name, str(image)))
            else:
                files[part].append(image)
                labels[part].append(places[one.label])
                names[part].append(one.name)
            now = time.perf_counter()
            if now - told >= _TOLD_EACH_SECONDS or done == len(chosen):
                told = now
                on_progress(Progress(done, len(chosen), now - started))
    for part in labels:
        np.save(folder / f"{part}_labels.npy", np.array(labels[part], np.int64))
        with (folder / f"{part}_files.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["file"], *([name] for name in names[part])])
    return left_out


def _images(
    source: Source, chosen: Sequence[Found], parts: Sequence[Part], frame: Frame
) -> Iterator[tuple[Found, Part, np.ndarray | PictureError]]:
    """Read one after the other, decode several at a time, and hand them on in order."""

    def read(one: Found) -> np.ndarray | PictureError:
        try:
            return read_image(source.read(one.name), one.name, frame)
        except PictureError as error:
            return error

    under_way: deque[tuple[Found, Part, Future[np.ndarray | PictureError]]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for one, part in zip(chosen, parts, strict=True):
                under_way.append((one, part, pool.submit(read, one)))
                if len(under_way) >= _WINDOW:
                    first, of_part, image = under_way.popleft()
                    yield first, of_part, image.result()
            while under_way:
                first, of_part, image = under_way.popleft()
                yield first, of_part, image.result()
        finally:
            pool.shutdown(cancel_futures=True)


class _ImageFile:
    """An ``.npy`` file of images that grows; its header is written again when their number is known."""

    def __init__(self, path: Path, frame: Frame) -> None:
        self._path, self._shape, self._count = path, frame.shape, 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _ImageFile:
        self._file = self._path.open("wb")
        self._write_header()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def append(self, image: np.ndarray) -> None:
        assert self._file is not None
        self._file.write(np.ascontiguousarray(image).data)
        self._count += 1

    def _write_header(self) -> None:
        assert self._file is not None
        # NumPy leaves room in it for a first size that grows.
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._count, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)


def _check_parts(folder: Path, class_names: tuple[str, ...]) -> Counter[Part]:
    """How many images there are. Each class must be in both parts, after all that could not be read."""
    counts: Counter[Part] = Counter()
    for part in ("train", "test"):
        labels = np.load(folder / f"{part}_labels.npy")
        counts[part] = len(labels)
        of_class = np.bincount(labels, minlength=len(class_names))
        if not of_class.all():
            lacking = class_names[int(np.argmin(of_class > 0))]
            raise DatasetError(
                f"Class '{lacking}' has no {'test' if part == 'test' else 'training'} image that could be read. Add "
                "some, or leave the class out."
            )
    return counts


def _write_reasons(path: Path, reasons: Sequence[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "why"), *reasons[:_MOST_REASONS]])
