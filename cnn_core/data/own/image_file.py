"""Images go into an ``.npy`` file one after the other, so that memory does not grow with their number."""

from __future__ import annotations

from pathlib import Path

import numpy as np


class ImageFile:
    """An ``.npy`` file of images that grows; its header is written again when their number is known.

    Args:
        path: Of the file; what is there is replaced.
        shape: (height, width, channels) of an image.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self._shape, self._count = shape, 0
        self._file = path.open("wb")
        self._write_header()

    def __enter__(self) -> ImageFile:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._file.seek(0)
            self._write_header()
        finally:
            self._file.close()

    def append(self, image: np.ndarray) -> None:
        """Put an image, uint8 of the file's shape, behind the others."""
        self._file.write(np.ascontiguousarray(image).data)
        self._count += 1

    def _write_header(self) -> None:
        # NumPy leaves room in it for a first size that grows.
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._count, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)
