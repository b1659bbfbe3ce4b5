"""One published file on this disk: looked at quickly, or read and verified.

What is verified is the SHA-256 of the unpacked IDX stream, so plain files, gzipped ones from any mirror and
Keras's ``.npz`` are held against the same digest.
"""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from cnn_core.data.idx import idx_header, read_idx
from cnn_core.data.published import PublishedFile
from cnn_core.errors import DatasetError

# Packed bytes that are unpacked at a time, while the piece before is hashed.
_CHUNK_BYTES = 1 << 19
# A .npy header inside an .npz; written by NumPy it takes 80 or 128 bytes.
_NPY_HEADER_BYTES = 4096

# What is wrong with a file, or None for an intact one, by (path, part, size, time of change): a file is
# hashed again only when it has changed.
_verdicts: dict[tuple[str, str, int, int], str | None] = {}


class _DamagedError(Exception):
    """What is wrong with a file, as the end of the sentence "the file …"."""


def read_verified(path: Path, published: PublishedFile) -> np.ndarray:
    """Read a published file, and make sure that it is what was published.

    Args:
        path: A plain IDX file, a gzipped one (``.gz``) or Keras's ``.npz``.
        published: What the file has to be.

    Returns:
        uint8, read-only, in the published shape.

    Raises:
        DatasetError: The file cannot be read, or is truncated or altered.
    """
    try:
        key = _verdict_key(path, published)
        try:
            array = _read(path, published)
        except _DamagedError as damaged:
            _verdicts[key] = str(damaged)
            raise DatasetError(damage_message(path, str(damaged))) from damaged
        _verdicts[key] = None
    except OSError as error:
        raise DatasetError(damage_message(path, f"cannot be read ({error})")) from error
    array.setflags(write=False)
    return array


def find_damage(path: Path, published: PublishedFile, *, verify: bool = False) -> str | None:
    """Say what is wrong with a file.

    Args:
        path: As for :func:`read_verified`.
        published: What the file has to be.
        verify: Hash the file unless that was done since it last changed. Without it only its size is
            compared, and what an earlier verification found is remembered.

    Returns:
        The end of the sentence "the file …", or None if nothing is known to be wrong.
    """
    try:
        key = _verdict_key(path, published)
        if key not in _verdicts and verify:
            try:
                _read(path, published)
                _verdicts[key] = None
            except _DamagedError as damaged:
                _verdicts[key] = str(damaged)
        return _verdicts[key] if key in _verdicts else _wrong_size(path, published)
    except OSError as error:
        return f"cannot be read ({error})"


def damage_message(path: Path, damage: str) -> str:
    """Word an error about a damaged file: which one, what is wrong, what to do."""
    return (
        f"The file '{path}' {damage}. It is not used. "
        "Delete it and try again: it is then downloaded anew. Or put an intact copy in its place."
    )


def _verdict_key(path: Path, published: PublishedFile) -> tuple[str, str, int, int]:
    status = path.stat()
    return str(path), published.name, status.st_size, status.st_mtime_ns


def _wrong_size(path: Path, published: PublishedFile) -> str | None:
    """Compare sizes without unpacking: a gzip file ends with the length of what is in it."""
    if path.suffix == ".npz":
        return _wrong_npz(path, published)
    found = path.stat().st_size
    if path.suffix == ".gz":
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(-min(found, 4), 2)
            end = file.read(4)
        if start != b"\x1f\x8b" or found < 18:
            return "is no gzip file"
        if int.from_bytes(end, "little") != published.payload_bytes:
            return "is truncated or altered: its last bytes do not give the size of the data"
    elif found != published.payload_bytes:
        return _other_length(published, f"{found:,}")
    return None


def _read(path: Path, published: PublishedFile) -> np.ndarray:
    if path.suffix == ".npz":
        return _read_npz(path, published)
    stored = path.read_bytes()
    if path.suffix == ".gz":
        payload, digest = _unpack_and_hash(memoryview(stored), published)
    elif len(stored) == published.payload_bytes:
        payload, digest = memoryview(stored), hashlib.sha256(stored).hexdigest()
    else:
        raise _DamagedError(_other_length(published, f"{len(stored):,}"))
    _compare(digest, published)
    return read_idx(payload, str(path))


def _unpack_and_hash(packed: memoryview, published: PublishedFile) -> tuple[memoryview, str]:
    """Unpack a gzip stream while a second thread hashes it: zlib and hashlib both release the GIL."""
    expected = published.payload_bytes
    payload = np.empty(expected, np.uint8).data  # not zeroed, as a bytearray would be
    stream = zlib.decompressobj(wbits=31)
    sha256 = hashlib.sha256()
    done = 0
    with ThreadPoolExecutor(max_workers=1) as hasher:
        for start in range(0, len(packed), _CHUNK_BYTES):
            try:
                # One byte more than expected tells an overlong stream, and bounds what a gzip bomb can fill.
                piece = stream.decompress(packed[start : start + _CHUNK_BYTES], expected - done + 1)
            except zlib.error as error:
                raise _DamagedError(f"cannot be unpacked ({error})") from error
            if done + len(piece) > expected:
                raise _DamagedError(_other_length(published, f"more than {expected:,}"))
            hasher.submit(sha256.update, piece)
            payload[done : done + len(piece)] = piece
            done += len(piece)
    if done != expected or not stream.eof:
        raise _DamagedError(_other_length(published, f"{done:,}"))
    return payload, sha256.hexdigest()


def _read_npz(path: Path, published: PublishedFile) -> np.ndarray:
    import zipfile

    wrong = _wrong_npz(path, published)
    if wrong:
        raise _DamagedError(wrong)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{published.npz_key}.npy") as file:
            array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _DamagedError(f"cannot be unpacked ({error})") from error
    if array.dtype != np.uint8 or array.shape != published.shape:
        raise _DamagedError(
            f"is altered: its array '{published.npz_key}' is {array.dtype} {array.shape}, "
            f"expected uint8 {published.shape}"
        )
    array = np.ascontiguousarray(array)
    sha256 = hashlib.sha256(idx_header(array.shape))
    sha256.update(array.data)
    _compare(sha256.hexdigest(), published)
    return array


def _wrong_npz(path: Path, published: PublishedFile) -> str | None:
    """Look into the directory of the archive only, which stands at its end: a truncated one has none."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = archive.getinfo(f"{published.npz_key}.npy").file_size
    except zipfile.BadZipFile:
        return "is truncated or altered: it is no .npz archive"
    except KeyError:
        return f"is altered: it holds no array '{published.npz_key}'"
    if not 0 <= unpacked - published.payload_bytes <= _NPY_HEADER_BYTES:
        return _other_length(published, f"{unpacked:,}")
    return None


def _compare(digest: str, published: PublishedFile) -> None:
    if digest != published.sha256:
        raise _DamagedError(
            f"is altered: expected '{published.name}' with the SHA-256 {published.sha256[:12]}…, found {digest[:12]}…"
        )


def _other_length(published: PublishedFile, found: str) -> str:
    expected = f"{published.payload_bytes:,}"
    return f"is truncated or altered: expected {expected} bytes of '{published.name}', found {found}"
