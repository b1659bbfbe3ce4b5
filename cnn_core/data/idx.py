"""The IDX format, in which MNIST and its drop-in replacements are published.

Big-endian: two zero bytes, a type code (8 is uint8), the number of dimensions; a uint32 for each size; the
values, the last dimension varying fastest (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
digits").
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np

from cnn_core.errors import DatasetError

_UINT8 = 0x08


def read_idx(payload: bytes | bytearray | memoryview, name: str) -> np.ndarray:
    """Read an unpacked IDX stream of uint8 values.

    Args:
        payload: The whole stream, header included.
        name: What errors call it: a file name or a path.

    Returns:
        uint8, in the shape that the header gives. A read-only view of ``payload``, not a copy.

    Raises:
        DatasetError: The magic number is not that of uint8 values in IDX, or the length does not fit the
            header.
    """
    if len(payload) < 4:
        raise DatasetError(_damaged(name, "a magic number of 4 bytes", f"{len(payload)} bytes in all"))
    zeros, kind, dimensions = struct.unpack_from(">HBB", payload)
    if zeros != 0 or kind != _UINT8 or dimensions == 0:
        found = bytes(payload[:4]).hex()
        raise DatasetError(_damaged(name, "an IDX magic number (00000801 for labels, 00000803 for images)", found))
    header_bytes = 4 + 4 * dimensions
    if len(payload) < header_bytes:
        raise DatasetError(_damaged(name, f"a header of {header_bytes} bytes", f"{len(payload)} bytes in all"))
    shape = struct.unpack_from(f">{dimensions}I", payload, 4)
    expected = header_bytes + math.prod(shape)
    if len(payload) != expected:
        sizes = " × ".join(str(size) for size in shape)
        raise DatasetError(_damaged(name, f"{expected:,} bytes for {sizes} values", f"{len(payload):,} bytes"))
    array = np.frombuffer(payload, np.uint8, offset=header_bytes).reshape(shape)
    array.setflags(write=False)
    return array


def idx_header(shape: Sequence[int]) -> bytes:
    """The header of an IDX stream of uint8 values in this shape; the stream is this and then the values."""
    return struct.pack(f">HBB{len(shape)}I", 0, _UINT8, len(shape), *shape)


def _damaged(name: str, expected: str, found: str) -> str:
    return (
        f"'{name}' is no intact IDX file: expected {expected}, found {found}. "
        "Replace it by an intact copy, or delete it so that it is downloaded anew."
    )
