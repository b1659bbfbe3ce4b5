"""What is known of the pictures that a dataset of one's own was made of: names, sizes, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnn_core.data.own.layout import Part
from cnn_core.data.own.listing import read_files, read_left_out
from cnn_core.data.own.store import own_folder
from cnn_core.errors import DatasetError


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
        rows = read_files(own_folder(name), part)
    except DatasetError:
        return None
    if len(rows) != count or not all(row.name for row in rows):
        return None
    are_noted = all(row.width and row.height for row in rows)
    sizes = np.array([(row.width, row.height) for row in rows], np.int32) if are_noted else None
    return Originals(tuple(row.name for row in rows), sizes)


def left_out_of(name: str) -> list[tuple[str, str]]:
    """Which files were not brought in, and why: (name, reason); none where nothing is known of any.

    Raises:
        DatasetError: The list cannot be read.
    """
    return read_left_out(own_folder(name))


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
