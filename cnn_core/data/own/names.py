"""Names of files in a source: which of them can be used, and what is said by their folders."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import takewhile

from cnn_core.images.decode import printable

# So much of a name is a person's; more is made up to keep a computer busy.
_LONGEST_NAME, _MOST_FOLDERS = 1000, 50


def usable_names(names: Iterable[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Names that can be written down and read by a person; and the others with the reason why not."""
    usable, left_out = [], []
    for name in names:
        if len(name) > _LONGEST_NAME or name.count("/") > _MOST_FOLDERS:
            why = f"its name is too long: up to {_LONGEST_NAME:,} letters and {_MOST_FOLDERS} folders are read"
            left_out.append((printable(name), why))
        elif not _is_text(name):
            left_out.append((printable(name), "its name is not UTF-8: rename the file or its folder"))
        else:
            usable.append(name)
    return usable, left_out


def _is_text(name: str) -> bool:
    """Whether a name is text; a disk holds any bytes, which Python then hides in halves of letters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def common_folder(names: Sequence[str]) -> str:
    """Folders around everything, such as the one that a ZIP of a folder begins with; ends with ``/`` or is empty."""
    folders = [name.split("/")[:-1] for name in names]
    # What the first and the last in order have in common, all have.
    pairs = zip(min(folders, default=[]), max(folders, default=[]), strict=False)
    common = [folder for folder, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    if all(len(inner) == len(common) for inner in folders):
        # The only folder: a class, not what lies around the classes.
        common = common[:-1]
    return "".join(f"{folder}/" for folder in common)


def is_tabular(name: str) -> bool:
    """Whether a file is a table or a text beside the pictures."""
    return name.lower().endswith((".csv", ".txt", ".md", ".json", ".pdf", ".xml"))


def label_of(name: str) -> str:
    """A class's name as one short line; letters of any script stay."""
    return printable(unicodedata.normalize("NFC", name.strip()))
