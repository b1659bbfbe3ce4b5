"""Which picture belongs to which class and part, told from the names of folders or from a table of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cnn_core.data.own.names import common_folder, is_tabular, label_of, usable_names
from cnn_core.data.own.sources import Source
from cnn_core.data.own.table import Row, read_table
from cnn_core.errors import DatasetError, PictureError
from cnn_core.images.decode import printable

Part = Literal["train", "test"]

MOST_CLASSES = 1000
_TABLE = "labels.csv"
_WORDS_SHOWN = 5
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
    names, unusable = usable_names(source.names())
    base = common_folder(names)
    table = next((name for name in names if name.removeprefix(base).casefold() == _TABLE), None)
    layout = _from_table(_rows(source, table), names, base, table) if table else _from_folders(names)
    layout = replace(layout, left_out=(*layout.left_out, *unusable))
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


def _rows(source: Source, table: str) -> list[Row]:
    try:
        return read_table(source.read(table), table)
    except PictureError as error:
        raise DatasetError(f"'{table}' cannot be read as a table ({error}). Save it as CSV in UTF-8.") from error


def _from_folders(names: Iterable[str]) -> Layout:
    pictures = [name for name in names if not is_tabular(name)]
    base = common_folder(pictures)
    inner = [(name, name.removeprefix(base).split("/")) for name in pictures]
    top = sorted({folders[0] for _, folders in inner if len(folders) > 1})
    named = [folder for folder in top if folder.casefold() in _PARTS]
    # The name of a class may be "test": parts are folders of folders.
    is_parted = named == top and any(len(folders) > 2 for _, folders in inner)
    found, left_out, lost = [], [], Counter[str]()
    for name, folders in inner:
        label = label_of(folders[is_parted]) if len(folders) > 1 + is_parted else None
        if label is None:
            left_out.append((name, "lies in no class folder"))
            lost.update(folders[:-1])
        elif not label:
            left_out.append((name, "lies in a folder without a name"))
        else:
            found.append(Found(name, label, _PARTS[folders[0].casefold()] if is_parted else None))
    kind = f"class folders inside {', '.join(top)}" if is_parted else "class folders"
    warnings = [*_shallow(lost), *_like_parts([] if is_parted else named), *_alike(found)]
    return Layout(kind, tuple(found), tuple(left_out), tuple(warnings))


def _shallow(lost: Mapping[str, int]) -> list[str]:
    """Pictures that lie right in the folder of a part: nothing says what they show."""
    return [
        f"{count:,} picture{'s lie' if count > 1 else ' lies'} right in {printable(folder)!r}, in no class folder: "
        "nothing says what they show, and they are left out."
        for folder, count in sorted(lost.items())
    ]


def _like_parts(named: Sequence[str]) -> list[str]:
    """Classes that are called like parts: training and test are perhaps meant."""
    if len({_PARTS[folder.casefold()] for folder in named}) < 2:
        return []
    return [
        f"{' and '.join(map(repr, named))} are classes here. If they are parts, give each of them the same folders of "
        "classes, and take other folders of pictures away from beside them."
    ]


def _from_table(rows: Iterable[Row], names: Sequence[str], base: str, table: str) -> Layout:
    known = {name: name for name in names} | {name.removeprefix(base): name for name in names}
    # A table often names the file alone, which lies in a folder beside it.
    alone = Counter(name.rsplit("/", 1)[-1] for name in names)
    known |= {file: name for name in names if alone[file := name.rsplit("/", 1)[-1]] == 1 and file not in known}
    found, left_out, seen, strange = [], [], set(), Counter[str]()
    for row in rows:
        name, label = known.get(row.file), label_of(row.label)
        if not label:
            left_out.append((row.file, "has no label in the table"))
        elif name is None:
            left_out.append((row.file, "stands in the table, but there is no such file"))
        elif name in seen:
            left_out.append((row.file, "stands in the table twice: the first time counts"))
        else:
            seen.add(name)
            part = _PARTS.get(row.part.casefold())
            found.append(Found(name, label, part, row.group or None))
            if row.part and part is None:
                strange[row.part] += 1
    left_out += [(name, "does not stand in the table") for name in names if name not in seen and not is_tabular(name)]
    warnings = [*_strange_parts(strange, found), *_alike(found), *_straddling(found)]
    return Layout(f"a table, {table}", tuple(found), tuple(left_out), tuple(warnings))


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


def _strange_parts(strange: Mapping[str, int], found: Iterable[Found]) -> list[str]:
    """Words in the column for parts that mean neither training nor test."""
    if not strange:
        return []
    shown = sorted(strange, key=lambda word: (-strange[word], word))[:_WORDS_SHOWN]
    words = ", ".join(f"{printable(word)!r} ({strange[word]:,} pictures)" for word in shown)
    more = f" and {len(strange) - _WORDS_SHOWN:,} other words" if len(strange) > _WORDS_SHOWN else ""
    has_test = any(one.part == "test" for one in found)
    becomes = "These pictures are learned from" if has_test else "Which pictures are for the test is drawn"
    return [
        f"The table says {words}{more} where 'train' or 'test' is expected. {becomes}; write 'test' where something "
        "else is meant."
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
