"""A table of labels beside pictures: read as CSV, whatever its columns are called and its program put between them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from cnn_core.errors import DatasetError
from cnn_core.images.decode import printable

# What columns are called, in small letters.
_FILE_COLUMNS = ("file", "filename", "file_name", "path", "image", "image_id")
_LABEL_COLUMNS = ("label", "class", "class_name", "category", "kind", "true")
_PART_COLUMNS = ("split", "part", "set", "subset")
_GROUP_COLUMNS = ("group", "subject", "patient", "person", "source")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """What a table says of a picture; empty where it says nothing.

    Attributes:
        file: Its file, with ``/`` between folders.
        label: Its class.
        part: Where it belongs, in the words of the table.
        group: What it belongs to, such as a person.
    """

    file: str
    label: str
    part: str
    group: str


def read_table(content: bytes, title: str) -> list[Row]:
    """The rows of a table.

    Args:
        content: The file.
        title: What a person calls it.

    Raises:
        DatasetError: It is no CSV in UTF-8, or lacks a column for files or labels.
    """
    try:
        text = content.decode("utf-8-sig").lstrip("\r\n")
        # What separates the columns separates their names; the rest is as spreadsheets write it.
        delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"'{title}' cannot be read as a table ({error}). Save it as CSV in UTF-8.") from error
    columns = {(column or "").strip().casefold(): column for column in (rows[0] if rows else {})}

    def column(kinds: Sequence[str]) -> str | None:
        return next((columns[kind] for kind in kinds if kind in columns), None)

    def cell(row: dict[str, str], name: str | None) -> str:
        return (row[name] or "").strip() if name is not None else ""

    file, label, part, group = map(column, (_FILE_COLUMNS, _LABEL_COLUMNS, _PART_COLUMNS, _GROUP_COLUMNS))
    if file is None or label is None:
        raise DatasetError(
            f"'{title}' has the columns {', '.join(map(printable, columns)) or 'none'}; expected 'file' and 'label', "
            "and if you like 'split' (train or test) and 'group' (what belongs together)."
        )
    return [
        Row(cell(row, file).replace("\\", "/").removeprefix("./"), cell(row, label), cell(row, part), cell(row, group))
        for row in rows
    ]
