"""The tables beside a dataset's arrays: which file each image came from, and which files were left out, and why."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnn_core.data.own.layout import Part
from cnn_core.errors import DatasetError

LEFT_OUT = "left_out.csv"
# Written down one by one; of more, only how many.
MOST_REASONS = 10_000

_FILE_COLUMNS, _GROUP_COLUMN = ("file", "width", "height"), "group"


@dataclass(frozen=True)
class FileRow:
    """Where an image came from.

    Attributes:
        name: Of its file in the source.
        width: Of the picture in the file, in pixels, upright. 0: unknown.
        height: The same.
        group: What it belongs to, such as a person; empty: to nothing.
    """

    name: str
    width: int
    height: int
    group: str = ""


def files_name(part: Part) -> str:
    """The table of a part's files; a row for each image, in the order of the images."""
    return f"{part}_files.csv"


def write_files(path: Path, rows: Iterable[FileRow], *, is_grouped: bool) -> None:
    """Write a table of files, with a column for groups if the source had some.

    Raises:
        OSError: It cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*_FILE_COLUMNS, *([_GROUP_COLUMN] if is_grouped else [])])
        table.writerows([row.name, row.width, row.height, *([row.group] if is_grouped else [])] for row in rows)


def read_files(folder: Path, part: Part) -> list[FileRow]:
    """The files of a part, in the order of its images; none for a dataset that was not made of files.

    Raises:
        DatasetError: The table cannot be read.
    """
    return [
        FileRow(row.get("file", ""), _size(row.get("width")), _size(row.get("height")), row.get("group") or "")
        for row in _rows(folder / files_name(part))
    ]


def write_left_out(folder: Path, reasons: Sequence[tuple[str, str]]) -> None:
    """Write which files were left out, and why: (name, reason).

    Raises:
        OSError: It cannot be written.
    """
    with (folder / LEFT_OUT).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "why"), *reasons[:MOST_REASONS]])


def read_left_out(folder: Path) -> list[tuple[str, str]]:
    """Which files were left out of a dataset, and why: (name, reason); the first :data:`MOST_REASONS`.

    Raises:
        DatasetError: The table cannot be read.
    """
    return [(row.get("file") or "", row.get("why") or "") for row in _rows(folder / LEFT_OUT)]


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"The table '{path}' cannot be read ({error}). Bring the dataset in again.") from error


def _size(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
