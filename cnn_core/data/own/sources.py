"""Where pictures are brought from: a folder, or a ZIP. Nothing is written, and no name in a ZIP is opened as a path."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from cnn_core.data.own.zip_list import has_more_entries
from cnn_core.errors import DatasetError, PictureError
from cnn_core.images.decode import MAX_BYTES, printable, read_file, too_large

# Entries of a ZIP, files of a folder.
MOST_FILES = 500_000

_PIECE = 1 << 20
_ENCRYPTED, _NAME_IS_UTF8 = 0x1, 0x800
# These two are unpacked bit by bit; of others, 4 kB may become gigabytes at once.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Source(Protocol):
    """Files by name.

    Attributes:
        title: What a person calls it.
    """

    title: str

    def names(self) -> Iterator[str]:
        """The names of all files, with ``/`` between folders; hidden ones and what macOS adds left out."""

    def read(self, name: str) -> bytes:
        """The content of a file, in memory.

        Raises:
            PictureError: It cannot be read, is too large, or encrypted.
        """


def open_source(path: Path, title: str | None = None) -> FolderSource | ZipSource:
    """Open a folder or a ZIP.

    Args:
        path: Where it lies.
        title: What a person calls it; ``None``: as the path is named.

    Raises:
        DatasetError: There is neither at this path, or it cannot be read.
    """
    try:
        if path.is_dir():
            return FolderSource(path, title)
        if path.is_file():
            return ZipSource(path, title)
    except OSError as error:
        raise DatasetError(
            f"'{path}' cannot be read ({error.strerror}). Check its permissions and its disk."
        ) from error
    raise DatasetError(f"'{path}' does not exist. Name a folder of class folders, or a ZIP of them.")


class FolderSource:
    """A folder on this machine. Links are not followed: they may lead anywhere."""

    def __init__(self, path: Path, title: str | None = None) -> None:
        self._root = path.resolve()
        self.title = printable(title or path.name or str(path))

    def names(self) -> Iterator[str]:
        """The names of all files, in order.

        Raises:
            DatasetError: A folder may not be read: without it the dataset would lack pictures, and nobody would know.
        """
        count = 0
        for folder, folders, files in os.walk(self._root, onerror=_refuse):
            here = Path(folder)
            folders[:] = sorted(name for name in folders if not (here / name).is_symlink())
            for file in sorted(files):
                name = (here / file).relative_to(self._root).as_posix()
                if is_wanted(name) and not (here / file).is_symlink():
                    count += 1
                    if count > MOST_FILES:
                        raise _too_many(self.title)
                    yield name

    def read(self, name: str) -> bytes:
        """The content of a file that :meth:`names` gave."""
        path = self._root / name
        # A folder may have become a link since the names were read.
        if path.is_symlink() or not _is_inside(path, self._root):
            raise PictureError(f"'{printable(name)}' is a link, which is not followed. Put the file itself there.")
        return read_file(path)


class ZipSource:
    """A ZIP. Its files are unpacked one by one, in memory; no size that it declares is trusted."""

    def __init__(self, path: Path, title: str | None = None) -> None:
        self.title = printable(title or path.name)
        if has_more_entries(path, MOST_FILES):
            raise _too_many(self.title)
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # Whatever Python's reader stumbles on: BadZipFile, ValueError, struct.error…
            raise DatasetError(
                f"'{self.title}' is no ZIP, or a damaged one: its list of contents cannot be read. "
                "Download or pack it again."
            ) from error
        if "[Content_Types].xml" in self._zip.NameToInfo:
            raise DatasetError(f"'{self.title}' is an Office document, not a ZIP of pictures.")
        # The first of two that have the same name, as unpacking would not: it would keep the last. Both are counted.
        self._infos: dict[str, zipfile.ZipInfo] = {}
        times: Counter[str] = Counter()
        for info in self._zip.infolist():
            name = free = _name_of(info)
            if name and is_wanted(name):
                while free in self._infos:
                    times[name] += 1
                    free = f"{name}′{times[name]}"
                self._infos[free] = info

    def names(self) -> Iterator[str]:
        """The names of all files, in the order of the ZIP."""
        return iter(self._infos)

    def read(self, name: str) -> bytes:
        """Unpack a file that :meth:`names` gave."""
        info, shown = self._infos[name], printable(name)
        if info.flag_bits & _ENCRYPTED:
            raise PictureError(f"'{shown}' is encrypted. Pack it again without a password.")
        if info.compress_type not in _METHODS:
            raise PictureError(f"'{shown}' is packed in a way that is not read. Pack an ordinary ZIP.")
        if info.file_size > MAX_BYTES:
            raise PictureError(too_large(info.file_size, shown))
        try:
            with self._zip.open(info) as file:
                # Ends where the declared size does, whatever follows.
                return b"".join(iter(partial(file.read, _PIECE), b""))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise PictureError(f"'{shown}' is damaged inside the ZIP ({printable(str(error))}).") from error


def is_wanted(name: str) -> bool:
    """Whether a file may be part of a dataset: it is not hidden, and not what macOS or Windows add to every folder."""
    parts = name.split("/")
    is_hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return not (is_hidden or "__MACOSX" in parts or parts[-1].lower() in ("thumbs.db", "desktop.ini"))


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links in a circle
        return False


def _name_of(info: zipfile.ZipInfo) -> str:
    """The name of an entry; empty for folders and for links."""
    # The upper half of the attributes are Unix's: a link has 0o12 as its kind.
    if info.is_dir() or (info.external_attr >> 28) == 0o12:
        return ""
    name = info.filename
    if not info.flag_bits & _NAME_IS_UTF8:
        # Many programs write UTF-8 and do not say so; Python then reads it as the alphabet of DOS.
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    # A name is a label and a line in a table, never a path that is opened: what climbs is cut off.
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)


def _refuse(error: OSError) -> None:
    raise DatasetError(
        f"The folder '{error.filename}' cannot be read ({error.strerror}). Change its permissions, or take it away."
    ) from error


def _too_many(title: str) -> DatasetError:
    return DatasetError(
        f"'{title}' holds more than {MOST_FILES:,} files: so many are not read. Divide it into several datasets."
    )
