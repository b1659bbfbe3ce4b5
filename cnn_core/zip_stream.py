"""A ZIP that is made while it is sent: no more than one file of it is in memory at a time."""

from __future__ import annotations

import time
import zipfile
from typing import IO, cast

_YEAR_1980 = 315_619_200


class ZipStream:
    """A ZIP whose files are given one after the other, and that is taken away in pieces.

    Nothing is compressed: it is meant for pictures, which do not shrink.
    """

    def __init__(self) -> None:
        self._written = _Written()
        self._archive = zipfile.ZipFile(cast(IO[bytes], self._written), "w", zipfile.ZIP_STORED)

    def add(self, path: str, content: bytes, moment: float | None = None) -> bytes:
        """Put a file into the ZIP.

        Args:
            path: Its name, with ``/`` between folders.
            content: Of the file.
            moment: When it was written, seconds since 1970; ``None``: now. A ZIP knows no time before 1980.

        Returns:
            What the ZIP has grown by.
        """
        when = time.time() if moment is None else moment
        info = zipfile.ZipInfo(path, time.gmtime(max(when, _YEAR_1980))[:6])
        info.external_attr = 0o644 << 16
        self._archive.writestr(info, content)
        return self._written.take()

    def end(self) -> bytes:
        """Finish the ZIP. Returns what it has grown by."""
        self._archive.close()
        return self._written.take()


class _Written:
    """A file that is only written, and gives away what was."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
