"""The pictures of a ZIP, one by one. Nothing is written to disk, and no size that the file declares is trusted."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import partial

from cnn_core.errors import PictureError
from cnn_core.images.decode import MAX_BYTES, Picture, decode_picture, printable, too_large

# Pictures of one ZIP that are read; the others are counted.
MAX_PICTURES = 1000
# Entries of any kind. Each costs half a kilobyte before one is read.
MAX_ENTRIES = 20_000
# What all entries together may unpack to: a thousand photos of a phone have 4 GB at most, but hardly shrink in a ZIP.
MAX_UNPACKED = 1 << 30

_PIECE = 1 << 20

_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_CENTRAL_ENTRY = b"PK\x01\x02"
_ENCRYPTED, _NAME_IS_UTF8 = 0x1, 0x800
# These two are unpacked bit by bit; of others, 4 kB may become gigabytes at once.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Allowance:
    """What ZIPs that come together may take: one for each request that brings several.

    Attributes:
        entries: Entries of any kind that may still be listed.
        unpacked: Bytes to which they may still unpack.
    """

    def __init__(self) -> None:
        self.entries = MAX_ENTRIES
        self.unpacked = MAX_UNPACKED


@dataclass(frozen=True)
class Entry:
    """A file in a ZIP.

    Attributes:
        name: The ZIP's name and its own, "photos.zip/coat.jpg"; one printable line, which is shown and never opened.
        index: Its place in the ZIP.
        error: Why it is not read; ``None``: it may be tried.
    """

    name: str
    index: int
    error: str | None = None


@dataclass(frozen=True)
class Archive:
    """A ZIP that was opened. May be read from several threads.

    Attributes:
        name: The file's name, printable.
        entries: In the order of the ZIP, without folders, hidden files and what macOS adds; ``MAX_PICTURES`` at most.
        left_out: Files beyond those.
    """

    name: str
    entries: tuple[Entry, ...]
    left_out: int
    _zip: zipfile.ZipFile = field(repr=False)

    @property
    def warning(self) -> str | None:
        """A sentence on what was left out; ``None``: nothing."""
        if not self.left_out:
            return None
        return (
            f"'{self.name}' holds {len(self.entries) + self.left_out:,} files: the first {len(self.entries):,} are "
            f"read, {self.left_out:,} are left out. Divide it into several ZIPs."
        )

    def read(self, entry: Entry) -> Picture:
        """Unpack and decode one picture, in memory.

        Raises:
            PictureError: The entry is encrypted, damaged, too large, a ZIP itself, or no picture.
        """
        if entry.error is not None:
            raise PictureError(entry.error)
        return decode_picture(self._unpacked(entry), entry.name)

    def _unpacked(self, entry: Entry) -> bytes:
        try:
            with self._zip.open(self._zip.infolist()[entry.index]) as file:
                # Ends where the declared size does, whatever follows. In pieces: as much as is asked for is
                # unpacked at once, even where less was declared.
                data = b"".join(iter(partial(file.read, _PIECE), b""))
        except Exception as error:  # Whatever its unpacker stumbles on: BadZipFile, zlib.error, EOFError, struct.error…
            raise PictureError(
                f"'{entry.name}' is damaged inside the ZIP: unpacking it ended with "
                f'"{printable(str(error)).rstrip(".") or type(error).__name__}". Pack it again.'
            ) from error
        if is_archive(data):
            raise PictureError(
                f"'{entry.name}' is a ZIP inside the ZIP (or an Office document), which is not opened. "
                "Unpack it and bring its pictures."
            )
        return data


def is_archive(data: bytes) -> bool:
    """Whether a file begins like a ZIP; an Office document does, too."""
    return data.startswith(_BEGINNINGS)


def open_archive(data: bytes, name: str, allowance: Allowance | None = None) -> Archive:
    """Open a ZIP and list what is in it; nothing is unpacked yet.

    Args:
        data: The file.
        name: What the person calls it.
        allowance: What it may take, and others with it; it becomes less. ``None``: as much as one ZIP may.

    Raises:
        PictureError: The ZIP is damaged, too large, holds no file, or more entries than are allowed.
    """
    name = printable(name)
    allowance = allowance or Allowance()
    if len(data) > MAX_BYTES:
        raise PictureError(too_large(len(data), name))
    # Before Python makes an object of each.
    if (count := data.count(_CENTRAL_ENTRY)) > MAX_ENTRIES:
        raise PictureError(
            f"'{name}' holds about {count:,} entries, ZIPs of up to {MAX_ENTRIES:,} are opened. "
            "Divide it into several ZIPs."
        )
    if count > allowance.entries:
        raise PictureError(
            f"'{name}' is not opened: ZIPs that come together may hold {MAX_ENTRIES:,} entries, and those before it "
            "take that. Send it by itself."
        )
    allowance.entries -= count
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
        infos = opened.infolist()
    except Exception as error:  # Whatever Python's reader stumbles on: BadZipFile, ValueError, struct.error…
        raise PictureError(
            f"'{name}' is damaged or incomplete: it begins like a ZIP, but its list of contents cannot be read. "
            "Download or pack it again."
        ) from error
    if "[Content_Types].xml" in opened.NameToInfo:
        raise PictureError(f"'{name}' is an Office document, not a picture. Save its pictures as files of their own.")
    wanted = [(index, info, inner) for index, info in enumerate(infos) if (inner := _wanted_name(info))]
    if not wanted:
        raise PictureError(f"'{name}' is a ZIP without a picture. Pack the pictures again, or choose another file.")
    entries = []
    for index, info, inner in wanted[:MAX_PICTURES]:
        shown = f"{name}/{inner}"
        refusal = _refused(info, shown, allowance.unpacked)
        if refusal is None:
            allowance.unpacked -= info.file_size
        entries.append(Entry(shown, index, refusal))
    return Archive(name, tuple(entries), len(wanted) - len(entries), opened)


def _wanted_name(info: zipfile.ZipInfo) -> str:
    """The printable name of an entry; empty for folders, hidden files and what macOS adds to every ZIP."""
    name = info.filename
    if not info.flag_bits & _NAME_IS_UTF8:
        # Many programs write UTF-8 and do not say so; Python then reads it as the alphabet of DOS.
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    name = name.replace("\\", "/")
    parts = name.split("/")
    is_hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return "" if name.endswith("/") or is_hidden or "__MACOSX" in parts else printable(name)


def _refused(info: zipfile.ZipInfo, name: str, left: int) -> str | None:
    """Why an entry is not unpacked, by what the ZIP says of it; ``None``: nothing speaks against trying."""
    if info.flag_bits & _ENCRYPTED:
        return f"'{name}' is encrypted. Pack it again without a password."
    if info.compress_type not in _METHODS:
        return f"'{name}' is packed in a way that is not read (method {info.compress_type}). Pack an ordinary ZIP."
    if info.file_size > MAX_BYTES:
        return too_large(info.file_size, name)
    if info.file_size > left:
        return (
            f"'{name}' is left out: all files of ZIPs that come together may unpack to {MAX_UNPACKED // 2**20:,} MB, "
            "and those before it take that. Bring the others afterwards."
        )
    return None
