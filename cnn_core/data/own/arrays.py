"""The arrays of a dataset of one's own: identified by the digests of their files, and held against them when read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cnn_core.errors import DatasetError
from cnn_core.runs.files import sha256_of

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
# (N,) int64, beside the arrays if the source had groups: which training images belong together, -1 to nothing.
GROUPS = "train_groups"
TRAIN_GROUPS = f"{GROUPS}.npy"

# What is wrong with a file, or None for an intact one, by (path, digest, size, time of change): a file is hashed again
# only when it has changed.
_verdicts: dict[tuple[str, str, int, int], str | None] = {}


def digests_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each array's file, as hex digits; of the groups', too, where there are some.

    Raises:
        OSError: A file cannot be read.
    """
    names = [*ARRAYS, *([GROUPS] if (folder / TRAIN_GROUPS).is_file() else [])]
    return {name: sha256_of(folder / f"{name}.npy") for name in names}


def checksum_of(class_names: tuple[str, ...], digests: Mapping[str, str]) -> str:
    """Identify a dataset by its classes, its four arrays and its groups, if it has some: SHA-256, as hex digits."""
    names = [*ARRAYS, *([GROUPS] if GROUPS in digests else [])]
    lines = [*(digests[name] for name in names), *class_names]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def read_array(path: Path, shape: tuple[int, ...], digest: str | None, *, verify: bool) -> np.ndarray:
    """Read an array, and make sure that it is what was written.

    Args:
        path: Of its file.
        shape: (N, H, W, C) of images, which are uint8 and stay on the disk; (N,) of labels and groups, which are int64.
        digest: SHA-256 of the file; ``None``: an older version did not note it.
        verify: Hash the file unless that was done since it last changed (1.2 GB take a second or two). Without it what
            an earlier verification found is remembered.

    Raises:
        DatasetError: It is missing, truncated, altered or of another shape.
    """
    are_images = len(shape) > 1
    try:
        array: np.ndarray = np.load(path, mmap_mode="r" if are_images else None, allow_pickle=False)
        damage = _damage(path, digest, verify=verify) if digest else None
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"The file '{path}' is missing or damaged. Bring its dataset in again.") from error
    if array.shape != shape or array.dtype != (np.uint8 if are_images else np.int64):
        damage = f"is damaged: expected {shape}, found {array.dtype} {array.shape}"
    if damage:
        raise DatasetError(f"The file '{path}' {damage}. Bring its dataset in again.")
    return array


def _damage(path: Path, digest: str, *, verify: bool) -> str | None:
    """What is wrong with a file, as the end of the sentence "the file …"; ``None`` if nothing is known to be."""
    status = path.stat()
    key = str(path), digest, status.st_size, status.st_mtime_ns
    if key not in _verdicts and verify:
        found = sha256_of(path)
        is_same = found == digest
        _verdicts[key] = None if is_same else f"is altered: expected the SHA-256 {digest[:12]}…, found {found[:12]}…"
    return _verdicts.get(key)
