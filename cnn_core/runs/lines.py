"""The lines of a file that grows while it is read, each handed out once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# What stood last before the place to read on from. Where something else stands there now, the file was written anew.
_SEAM_BYTES = 128


@dataclass(frozen=True)
class NewLines:
    """What came to a file since it was last read.

    Attributes:
        lines: Finished lines, without their ends.
        is_new_file: Whether the file was written anew: what was read before no longer stands in it.
    """

    lines: list[str]
    is_new_file: bool


class GrowingLines:
    """Reads a file on from where the last call ended.

    A run that goes on from its checkpoint drops the rows after it and writes others: the file is replaced by another,
    which may be shorter or, by the time that it is read, longer again. So what matters is whether the end of what was
    read still stands where it stood.

    Args:
        path: Of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._seam = b""

    def read_on(self) -> NewLines:
        """The finished lines that were not handed out yet; a last line without its end is left for the next call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset - len(self._seam))
                found = file.read()
                is_new_file = not found.startswith(self._seam)
                if is_new_file:
                    file.seek(0)
                    found = file.read()
        except FileNotFoundError:
            was_there = self._offset > 0
            self._offset, self._seam = 0, b""
            return NewLines([], was_there)
        if is_new_file:
            self._offset, self._seam = 0, b""
        whole = found[len(self._seam) : found.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._seam = (self._seam + whole)[-_SEAM_BYTES:]
        return NewLines(whole.decode("utf-8", errors="replace").splitlines(), is_new_file)
