"""Features of the training images, kept with the run whose network made them."""

from __future__ import annotations

import io

import numpy as np

from cnn_core.runs.directory import Run
from cnn_core.runs.files import write_atomically
from cnn_core.runs.store import beside, make_beside

FEATURES = "features.npz"
ADAPTED_FEATURES = "features-adapted.npz"

# Raised when the features of an image become others: their number, the layer, how they are grouped.
FORMAT = 1


def model_version(run: Run) -> int:
    """What tells a run's network from earlier ones under the same name: when its file was written, in nanoseconds.

    Raises:
        RunError: The run has no network.
    """
    return run.model_path().stat().st_mtime_ns


def read_features(
    run: Run, version: int, checksum: str, shape: tuple[int, int], *, is_adapted: bool = False
) -> np.ndarray | None:
    """The stored features: (N, features) float16.

    Args:
        run: The run.
        version: Of its network, as :func:`model_version` gives it.
        checksum: Of the dataset.
        shape: (N, features), as there must be.
        is_adapted: Whether they are those of the network with what it was taught of people's pictures; its version is
            then when that was written.

    Returns:
        ``None`` where there are none, or where they are damaged, of another format, network or dataset, or of another
        shape: they can be made anew at any time.
    """
    try:
        content = (beside(run) / _file_name(is_adapted)).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            sources = int(arrays["format"]), int(arrays["version"]), str(arrays["checksum"])
            if sources != (FORMAT, version, checksum):
                return None
            features: np.ndarray = arrays["features"]
    except Exception:  # NumPy, zipfile and zlib raise whatever they stumble on.
        return None
    is_fitting = features.shape == shape and features.dtype == np.float16 and np.isfinite(features).all()
    return features if is_fitting else None


def write_features(run: Run, version: int, checksum: str, features: np.ndarray, *, is_adapted: bool = False) -> None:
    """Keep features for the next start of the server. They are deleted with the run.

    Args:
        run: The run.
        version: Of the network that made them; read before it was loaded.
        checksum: Of the dataset.
        features: (N, features) float16, finite.
        is_adapted: As for :func:`read_features`.

    Raises:
        StorageError: They cannot be written. What was there is as it was.
    """
    buffer = io.BytesIO()
    sources = {"format": np.int64(FORMAT), "version": np.int64(version), "checksum": np.str_(checksum)}
    np.savez(buffer, features=features, **sources)  # type: ignore[arg-type]
    write_atomically(make_beside(run) / _file_name(is_adapted), buffer.getvalue())


def _file_name(is_adapted: bool) -> str:
    return ADAPTED_FEATURES if is_adapted else FEATURES
