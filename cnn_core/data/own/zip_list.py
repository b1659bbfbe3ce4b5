"""The list of contents at the end of a ZIP, before Python's reader makes objects of it: how long it is.

The format is that of PKWARE's APPNOTE.TXT, sections 4.3.12 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

# Head of an entry, without its name; end of the list; both of large ZIPs: the end, and the pointer to it.
_ENTRY, _END, _END64, _POINTER64 = 46, 22, 56, 20
_LONGEST_TAIL = _END + 0xFFFF + _POINTER64 + _END64
# Half a million entries with names of five hundred letters.
_LARGEST_LIST = 256 * 2**20


def has_more_entries(path: Path, most: int) -> bool:
    """Whether a ZIP has more entries than so many. They are counted: what it says of itself may be wrong.

    A file that is no ZIP has none.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = file.seek(max(0, size - _LONGEST_TAIL))
        end, length = _list_in(file.read())
        if length > _LARGEST_LIST:
            return True
        file.seek(max(0, begin + end - length))
        entries = file.read(length)
    count = place = 0
    while place + _ENTRY <= len(entries) and count <= most:
        place += _ENTRY + sum(struct.unpack_from("<3H", entries, place + 28))
        count += 1
    return count > most


def _list_in(tail: bytes) -> tuple[int, int]:
    """Where in the last bytes of a ZIP its list ends, and how many bytes long it is; 0, 0 for what is no ZIP."""
    # Without a comment it is the last that there is; in a comment anything may stand.
    is_plain = tail[-_END:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")
    end = len(tail) - _END if is_plain else tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) - end < _END:
        return 0, 0
    large = end - _POINTER64 - _END64
    if large >= 0 and tail[large:].startswith(b"PK\6\6") and tail[end - _POINTER64 :].startswith(b"PK\6\7"):
        return large, struct.unpack_from("<Q", tail, large + 40)[0]
    return end, struct.unpack_from("<L", tail, end + 12)[0]
