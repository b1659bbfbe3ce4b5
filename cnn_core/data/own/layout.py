"""Which picture belongs to which class and part, told from the names of folders or from a table of labels."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cnn_core.data.own.sources import Source
from cnn_core.errors import DatasetError, PictureError
from cnn_core.images.decode import printable

Part = Literal["train", "test"]

MOST_CLASSES = 1000
_TABLE = "labels.csv"
# What columns are called, in small letters.
_FILE_COLUMNS = ("file", "filename", "file_name", "path", "image", "image_id")
_LABEL_COLUMNS = ("label", "class", "class_name", "category", "kind", "true")
_PART_COLUMNS = ("split", "part", "set", "subset")
_GROUP_COLUMNS = ("group", "subject", "patient", "person", "source")
# Validation images are learned from: each run cuts its own, by its seed.
_PARTS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "val", "valid", "validation", "dev"), "train"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}


@dataclass(frozen=True)
class Found:
    """A file that should be a picture.

    Attributes:
        name: Its name in the source.
        label: Its class.
        part: Where it belongs if the source says so.
        group: Which images belong together, such as those of one person: none may be in both parts.
    """

    name: str
    label: str
    part: Part | None = None
    group: str | None = None


@dataclass(frozen=True)
class Layout:
    """What a source holds.

    Attributes:
        kind: How it is laid out, in words.
        found: Its pictures.
        left_out: Files that belong to no class, and why: (name, reason).
        warnings: What a person should know before it is brought in.
    """

    kind: str
    found: tuple[Found, ...]
    left_out: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    @property
    def counts(self) -> Counter[str]:
        """Pictures of each class, in the order of their names."""
        found = Counter(one.label for one in self.found)
        return Counter({label: found[label] for label in sorted(found, key=sort_key)})

    @property
    def has_test_part(self) -> bool:
        """Whether the source says which pictures are for the test."""
        return any(one.part == "test" for one in self.found)


def sort_key(label: str) -> tuple[str, str]:
    """Numbers by value, names without regard to capitals."""
    return (f"{int(label):020d}" if label.isascii() and label.isdigit() else label.casefold(), label)


def read_layout(source: Source) -> Layout:
    """Look at the names in a source, and at its table of labels if it has one. No picture is opened.

    Raises:
        DatasetError: It holds no picture in a class folder, one class only, or too many; or its table cannot be read.
    """
    names = list(source.names())
    base = _common_folder(names)
    tables = [name for name in names if name.removeprefix(base).casefold() == _TABLE]
    layout = _from_table(source, names, base, tables[0]) if tables else _from_folders(names, base)
    classes = layout.counts
    if not classes:
        raise DatasetError(
            f"'{source.title}' holds no picture in a class folder. Put the pictures of each class into a folder that "
            "is named like the class, or add a labels.csv with the columns file and label."
        )
    if len(classes) == 1:
        raise DatasetError(
            f"'{source.title}' holds one class only, '{next(iter(classes))}'. A classifier needs at least two: add "
            "a folder for each."
        )
    if len(classes) > MOST_CLASSES:
        raise DatasetError(
            f"'{source.title}' holds {len(classes):,} classes; up to {MOST_CLASSES:,} can be learned. Are its pictures "
            "perhaps one folder too deep?"
        )
    return layout


def _common_folder(names: Sequence[str]) -> str:
    """Folders around everything, such as the one that a ZIP of a folder begins with; ends with ``/`` or is empty."""
    base = ""
    while names and all("/" in name.removeprefix(base) for name in names):
        first = names[0].removeprefix(base).split("/")[0]
        if not all(name.removeprefix(base).split("/")[0] == first for name in names):
            break
        inner = f"{base}{first}/"
        if not any("/" in name.removeprefix(inner) for name in names):
            # The only folder: a class, not what lies around the classes.
            break
        base = inner
    return base


def _from_folders(names: Iterable[str], base: str) -> Layout:
    inner = [(name, name.removeprefix(base).split("/")) for name in names]
    # The name of a class may be "test": parts are folders of folders.
    is_parted = all(folders[0].casefold() in _PARTS and len(folders) > 2 for _, folders in inner if len(folders) > 1)
    is_parted = is_parted and any(len(folders) > 2 for _, folders in inner)
    found, left_out = [], []
    for name, folders in inner:
        if is_tabular(name):
            continue
        if len(folders) < (3 if is_parted else 2):
            left_out.append((name, "lies in no class folder"))
            continue
        part = _PARTS[folders[0].casefold()] if is_parted else None
        found.append(Found(name, _label(folders[1 if is_parted else 0]), part))
    parts = sorted({folders[0] for _, folders in inner if len(folders) > 1}) if is_parted else []
    kind = f"class folders inside {', '.join(parts)}" if is_parted else "class folders"
    return Layout(kind, tuple(found), tuple(left_out), tuple(_alike(found)))


def is_tabular(name: str) -> bool:
    """Whether a file is a table or a text beside the pictures."""
    return name.lower().endswith((".csv", ".txt", ".md", ".json", ".pdf", ".xml"))


def _from_table(source: Source, names: Sequence[str], base: str, table: str) -> Layout:
    try:
        text = source.read(table).decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:4096], ",;\t") if text.strip() else csv.excel
        rows = list(csv.DictReader(io.StringIO(text), dialect=dialect))
    except (PictureError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"'{table}' cannot be read as a table ({error}). Save it as CSV in UTF-8.") from error
    columns = {(column or "").strip().casefold(): column for column in (rows[0] if rows else {})}

    def column(kinds: Sequence[str]) -> str | None:
        return next((columns[kind] for kind in kinds if kind in columns), None)

    file, label = column(_FILE_COLUMNS), column(_LABEL_COLUMNS)
    if file is None or label is None:
        raise DatasetError(
            f"'{table}' has the columns {', '.join(map(printable, columns)) or 'none'}; expected 'file' and 'label', "
            "and if you like 'split' (train or test) and 'group' (what belongs together)."
        )
    part, group = column(_PART_COLUMNS), column(_GROUP_COLUMNS)
    known = {name.removeprefix(base): name for name in names}
    # A table often names the file alone, which lies in a folder beside it.
    alone = Counter(name.rsplit("/", 1)[-1] for name in names)
    by_file = {name.rsplit("/", 1)[-1]: name for name in names if alone[name.rsplit("/", 1)[-1]] == 1}
    found, left_out, seen = [], [], set()
    for row in rows:
        said = (row[file] or "").strip().replace("\\", "/").removeprefix("./")
        name = known.get(said) or by_file.get(said.rsplit("/", 1)[-1])
        named = _label(row[label] or "")
        if not named:
            left_out.append((said, "has no label in the table"))
        elif name is None:
            left_out.append((said, "stands in the table, but there is no such file"))
        elif name in seen:
            left_out.append((said, "stands in the table twice: the first time counts"))
        else:
            seen.add(name)
            of_part = _PARTS.get((row[part] or "").strip().casefold()) if part else None
            found.append(Found(name, named, of_part, (row[group] or "").strip() or None if group else None))
    left_out += [(name, "does not stand in the table") for name in names if name not in seen and not is_tabular(name)]
    return Layout(f"a table, {table}", tuple(found), tuple(left_out), (*_alike(found), *_straddling(found)))


def _label(name: str) -> str:
    """A class's name as one short line; letters of any script stay."""
    return printable(unicodedata.normalize("NFC", name.strip()))


def _alike(found: Iterable[Found]) -> list[str]:
    """Classes whose names differ in capitals or blanks only: probably one class, written in two ways."""
    spellings: dict[str, set[str]] = {}
    for one in found:
        spellings.setdefault("".join(one.label.casefold().split()), set()).add(one.label)
    return [
        f"{' and '.join(repr(name) for name in sorted(names))} are different classes here. If they are one, put their "
        "pictures into one folder."
        for names in spellings.values()
        if len(names) > 1
    ]


def _straddling(found: Iterable[Found]) -> list[str]:
    """Groups that the source itself puts into both parts: test results will flatter."""
    parts: dict[str, set[bool]] = {}
    for one in found:
        if one.group:
            parts.setdefault(one.group, set()).add(one.part == "test")
    both = sorted(group for group, of_group in parts.items() if len(of_group) > 1)
    if not both:
        return []
    named = f"{len(both):,} groups, such as {both[0]!r}, are" if len(both) > 1 else f"The group {both[0]!r} is"
    return [
        f"{named} in both training and test, as the table says it. Test results will look better than they are: a "
        "network recognises what it has seen."
    ]
