"""What is known of the pictures that a dataset of one's own was made of: names, sizes, and what was left out."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cnn_core.data.own.store import own_folder

Part = Literal["train", "test"]
LEFT_OUT = "left_out.csv"


@dataclass(frozen=True, eq=False)
class Originals:
    """The pictures behind the images of a part, in their order.

    Attributes:
        files: Name of each.
        sizes: (N, 2) int32: width and height in pixels, upright; ``None`` where they were not noted.
    """

    files: tuple[str, ...]
    sizes: np.ndarray | None

    def __len__(self) -> int:
        """How many there are."""
        return len(self.files)


@dataclass(frozen=True)
class SizeSummary:
    """The sizes of original pictures, in figures.

    Attributes:
        count: Pictures.
        median: Width and height that half of the pictures are below.
        smallest: Width and height of the picture with the fewest pixels.
        largest: Of the one with the most.
        wide: Share of pictures that are wider than high; by less than a twentieth is square.
        high: Share of pictures that are higher than wide.
        enlarged: Share of pictures that are narrower or lower than the images of the dataset.
    """

    count: int
    median: tuple[int, int]
    smallest: tuple[int, int]
    largest: tuple[int, int]
    wide: float
    high: float
    enlarged: float

    @property
    def square(self) -> float:
        """Share of pictures that are about square."""
        return 1 - self.wide - self.high


def read_originals(name: str, part: Part, count: int) -> Originals | None:
    """What is known of the pictures behind a part of a dataset.

    Args:
        name: Of the dataset.
        part: Of its images.
        count: How many images there are: a list of another length belongs to others.

    Returns:
        ``None`` where nothing is known: the dataset is built in, or its list is not there or damaged.
    """
    try:
        with (own_folder(name) / f"{part}_files.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        files = tuple(row["file"] for row in rows)
        sizes = None
        if rows and {"width", "height"} <= rows[0].keys():
            sizes = np.array([[int(row["width"]), int(row["height"])] for row in rows], np.int32)
    except (OSError, KeyError, ValueError, TypeError, csv.Error):
        return None
    return Originals(files, sizes) if len(files) == count else None


def left_out_file(name: str) -> Path | None:
    """Where it stands which files were not brought in, and why; ``None``: nothing is known of any."""
    path = own_folder(name) / LEFT_OUT
    return path if path.is_file() else None


def read_left_out(path: Path, most: int) -> list[tuple[str, str]]:
    """The first files that were left out, and why; what cannot be read is passed over."""
    rows: list[tuple[str, str]] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                if len(rows) > most:
                    break
                rows.append((row[0], row[1] if len(row) > 1 else ""))
    except (OSError, ValueError, IndexError, csv.Error):
        pass
    # Below the heads of the columns.
    return rows[1:]


def summarise_sizes(sizes: np.ndarray, *, width: int, height: int) -> SizeSummary:
    """Put the sizes of pictures into figures.

    Args:
        sizes: (N, 2): width and height; N at least 1.
        width: Of the images of the dataset.
        height: Of the images of the dataset.
    """
    wide_by = sizes[:, 0] / sizes[:, 1]
    area = sizes[:, 0].astype(np.int64) * sizes[:, 1]
    middle = np.median(sizes, axis=0)
    return SizeSummary(
        count=len(sizes),
        median=(int(middle[0]), int(middle[1])),
        smallest=_size(sizes[area.argmin()]),
        largest=_size(sizes[area.argmax()]),
        wide=float((wide_by > 1.05).mean()),
        high=float((wide_by < 1 / 1.05).mean()),
        enlarged=float(((sizes[:, 0] < width) | (sizes[:, 1] < height)).mean()),
    )


def _size(pair: np.ndarray) -> tuple[int, int]:
    return int(pair[0]), int(pair[1])
