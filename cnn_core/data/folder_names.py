"""Names of classes as names of folders that every system takes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# What a picture that shows none of the classes is called outside the app.
NONE_OF_THEM = "none of these classes"

# Windows refuses these in names, and takes the words for devices whatever ending they have.
_REFUSED = set('<>:"/\\|?*')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")}
# What macOS adds to a ZIP is passed over by who reads one.
_PASSED_OVER = {"__macosx"}
# File systems take 255, and a number may follow.
_MOST_BYTES = 120


def folder_names(labels: Sequence[str], taken: Sequence[str] = (), *, numbered: str = "-{}") -> list[str]:
    """A folder for each class, in any script: "T-shirt/top" becomes "T-shirt_top".

    Args:
        labels: Names of classes.
        taken: Names that other things have.
        numbered: How the second, third, … of equal names ends.

    Returns:
        As many different names, which differ on systems that do not tell "A" from "a", too.
    """
    used = {_folded(name) for name in taken}
    found = []
    for label in labels:
        stem = name = _safe(label)
        number = 1
        while _folded(name) in used:
            number += 1
            name = stem + numbered.format(number)
        used.add(_folded(name))
        found.append(name)
    return found


def _safe(label: str) -> str:
    text = unicodedata.normalize("NFC", label)
    text = "".join("_" if letter in _REFUSED or not letter.isprintable() else letter for letter in text)
    text = text.encode("utf-8")[:_MOST_BYTES].decode("utf-8", errors="ignore")
    # Hidden, or shortened by Windows.
    text = text.strip(" ").rstrip(". ")
    if text.startswith("."):
        text = f"_{text[1:]}"
    is_refused = text.partition(".")[0].rstrip().lower() in _DEVICES or text.lower() in _PASSED_OVER
    return f"_{text}" if is_refused else text or "_"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
