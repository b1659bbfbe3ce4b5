"""``outliers.npz``: what is strange to a run's network. It belongs to the network, and needs no dataset."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from cnn_core.inference.outliers import Outliers, Standard, StandardName
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import sha256_of

# Raised when the features, or what they are compared with, become others.
FORMAT = 1
_NAMES: tuple[StandardName, ...] = ("dataset", "photo", "drawing")


def read_outliers(run: Run) -> Outliers | None:
    """What is strange to a run's network.

    Returns:
        ``None`` where the file is missing or damaged, of another network (the run was trained on), or of another
        version: an evaluation makes it anew.

    Raises:
        RunError: The run has no network.
    """
    try:
        content = (run.path / directory.OUTLIERS).read_bytes()
    except OSError:
        return None
    return unpack_outliers(content, sha256_of(run.model_path()))


def pack_outliers(outliers: Outliers, network: str) -> bytes:
    """The content of the file.

    Args:
        outliers: What is kept.
        network: SHA-256 of the network's file.
    """
    arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT), "network": np.array(network)}
    for name, standard in outliers.standards.items():
        rows, columns = np.tril_indices(len(standard.spread))
        arrays |= {
            f"{name}_means": standard.means,
            f"{name}_spread": standard.spread,
            f"{name}_whitening": standard.whitening[rows, columns],
            f"{name}_limit": np.array(standard.limit),
        }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_outliers(content: bytes, network: str) -> Outliers | None:
    """What :func:`pack_outliers` packed; ``None`` where it is damaged, of another network, or of another version."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["format"]) != FORMAT or str(arrays["network"]) != network:
                return None
            standards = {name: _standard(arrays, name) for name in _NAMES if f"{name}_limit" in arrays}
    except Exception:  # NumPy, zipfile and zlib raise whatever they stumble on.
        return None
    is_one_width = len({len(standard.spread) for standard in standards.values()}) == 1
    return Outliers(standards) if "dataset" in standards and is_one_width else None


def _standard(arrays: Mapping[str, np.ndarray], name: str) -> Standard:
    means, spread, limit = arrays[f"{name}_means"], arrays[f"{name}_spread"], float(arrays[f"{name}_limit"])
    width = len(spread)
    whitening = np.zeros((width, width), np.float16)
    whitening[np.tril_indices(width)] = arrays[f"{name}_whitening"]
    is_whole = means.ndim == 2 and means.shape[0] > 0 and means.shape[1] == width and spread.ndim == 1
    is_finite = all(np.isfinite(array).all() for array in (means, spread, whitening, limit))
    if not (is_whole and is_finite and limit > 0 and (spread > 0).all()):
        raise ValueError(f"the standard '{name}' is damaged")
    return Standard(means.astype(np.float32), spread.astype(np.float32), whitening, limit)
