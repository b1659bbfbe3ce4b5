"""Files that a person brings, ZIPs among them → the pictures in them, each with its name and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cnn_core.errors import PictureError
from cnn_core.images.archive import is_archive, open_archive
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


def sources_in(data: bytes, name: str) -> list[Source]:
    """The pictures of a file's content: one, or those of a ZIP. Nothing is decoded yet.

    What cannot be opened, or is more than is read, has a source of its own, which says so when it is read.
    """
    if not is_archive(data):
        return [Source(printable(name), 0, partial(decode_picture, data, name))]
    try:
        archive = open_archive(data, name)
    except PictureError as error:
        return [_sentence(printable(name), str(error))]
    found = [Source(entry.name, entry.index + 1, partial(archive.read, entry)) for entry in archive.entries]
    return [*found, _sentence(archive.name, archive.warning)] if archive.warning else found


def sources_at(path: Path) -> Iterator[Source]:
    """The pictures of a file, as :func:`sources_in` finds them, by the path that a person typed."""
    try:
        data = read_file(path)
    except PictureError as error:
        yield _sentence(str(path), str(error))
        return
    is_zip = is_archive(data)
    for source in sources_in(data, path.name):
        inner = source.name.removeprefix(f"{printable(path.name)}/") if is_zip and source.place else ""
        yield Source(f"{path}/{inner}" if inner else str(path), source.place, source.read)


def _sentence(name: str, words: str) -> Source:
    def read() -> Picture:
        raise PictureError(words)

    return Source(name, 0, read)
