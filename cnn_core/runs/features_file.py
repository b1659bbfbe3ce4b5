"""Features of the training images, kept with the run whose network made them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from cnn_core.runs.directory import Run
from cnn_core.runs.files import write_atomically
from cnn_core.runs.store import beside

FEATURES = "features.npz"


def model_version(run: Run) -> int:
    """What tells a run's network from earlier ones under the same name: when its file was written, in nanoseconds.

    Raises:
        RunError: The run has no network.
    """
    return run.model_path().stat().st_mtime_ns


def read_features(run: Run, version: int, checksum: str) -> np.ndarray | None:
    """The stored features: (N, features) float16.

    Args:
        run: The run.
        version: Of its network, as :func:`model_version` gives it.
        checksum: Of the dataset.

    Returns:
        ``None`` where there are none, or where they are damaged, or of another network or dataset: they can be made
        anew at any time.
    """
    try:
        content = _path(run).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if int(arrays["version"]) != version or str(arrays["checksum"]) != checksum:
                return None
            features: np.ndarray = arrays["features"]
    except Exception:  # NumPy, zipfile and zlib raise whatever they stumble on.
        return None
    is_fitting = features.ndim == 2 and features.dtype == np.float16 and np.isfinite(features).all()
    return features if is_fitting else None


def write_features(run: Run, version: int, checksum: str, features: np.ndarray) -> None:
    """Keep features for the next start of the server. They are deleted with the run.

    Args:
        run: The run.
        version: Of the network that made them; read before it was loaded.
        checksum: Of the dataset.
        features: (N, features) float16, finite.

    Raises:
        StorageError: They cannot be written. What was there is as it was.
    """
    buffer = io.BytesIO()
    np.savez(buffer, features=features, version=np.int64(version), checksum=np.str_(checksum))
    write_atomically(_path(run), buffer.getvalue())


def _path(run: Run) -> Path:
    return beside(run) / FEATURES
