"""Files that a person brings, ZIPs among them → the pictures in them, each with its name and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cnn_core.errors import PictureError
from cnn_core.images.archive import Allowance, is_archive, open_archive
from cnn_core.images.decode import Picture, decode_picture, printable, read_file


@dataclass(frozen=True)
class Source:
    """A picture that can be read.

    Attributes:
        name: Its file's name; inside a ZIP, the ZIP's name comes first: "photos.zip/coat.jpg".
        place: Where it lies in its file: 0, or its number in the ZIP. With the file's content it decides the picture.
        read: Decodes it, in any thread; raises a PictureError where it cannot be read.
    """

    name: str
    place: int
    read: Callable[[], Picture]


@dataclass(frozen=True)
class Sources:
    """The pictures of a file, to go through.

    Attributes:
        pictures: In the order of the file.
        left_out: Files of a ZIP beyond those that are read.
        warning: A sentence on those; ``None``: nothing is left out.
    """

    pictures: tuple[Source, ...]
    left_out: int = 0
    warning: str | None = None

    def __iter__(self) -> Iterator[Source]:
        """The pictures."""
        return iter(self.pictures)

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.pictures)


def sources_in(data: bytes, name: str, allowance: Allowance | None = None) -> Sources:
    """The pictures of a file's content: one, or those of a ZIP. Nothing is decoded yet.

    What cannot be opened has a source of its own, which says so when it is read.

    Args:
        data: The file.
        name: What the person calls it.
        allowance: What its ZIP may take, and others with it; ``None``: as much as one ZIP may.
    """
    if not is_archive(data):
        return Sources((Source(printable(name), 0, partial(decode_picture, data, name)),))
    try:
        archive = open_archive(data, name, allowance)
    except PictureError as error:
        return Sources((_sentence(printable(name), str(error)),))
    found = tuple(Source(entry.name, entry.index + 1, partial(archive.read, entry)) for entry in archive.entries)
    return Sources(found, archive.left_out, archive.warning)


def sources_at(path: Path) -> Iterator[Source]:
    """The pictures of a file, as :func:`sources_in` finds them, by the path that a person typed.

    What is left out of a ZIP has a source at its end, which says so when it is read.
    """
    try:
        data = read_file(path)
    except PictureError as error:
        yield _sentence(str(path), str(error))
        return
    is_zip = is_archive(data)
    found = sources_in(data, path.name)
    for source in found:
        inner = source.name.removeprefix(f"{printable(path.name)}/") if is_zip and source.place else ""
        yield Source(f"{path}/{inner}" if inner else str(path), source.place, source.read)
    if found.warning:
        yield _sentence(str(path), found.warning)


def _sentence(name: str, words: str) -> Source:
    def read() -> Picture:
        raise PictureError(words)

    return Source(name, 0, read)
