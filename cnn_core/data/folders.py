"""Where the files of the published datasets lie on this machine.

Searched in this order: ``<data folder>/<name>/``, then what Keras has downloaded:
``<Keras>/datasets/<name>/`` and, for MNIST, ``<Keras>/datasets/mnist.npz``. A file may be plain or gzipped;
the plain one is preferred, it reads faster.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cnn_core.data.published import Publication
from cnn_core.errors import StorageError


@dataclass(frozen=True)
class FoundFiles:
    """Where the four parts of a dataset lie; for an ``.npz``, four times the same path."""

    folder: Path
    paths: tuple[Path, ...]


def data_folder() -> Path:
    """Return the folder that holds one folder a dataset. It need not exist yet.

    ``CNN_LAB_DATA`` names it; without that, it is ``cnn-lab/datasets`` in the user's cache folder.

    Raises:
        StorageError: ``CNN_LAB_DATA`` is not set and the user has no home folder.
    """
    chosen = os.environ.get("CNN_LAB_DATA", "").strip()
    try:
        if chosen:
            return Path(chosen).expanduser()
        return _user_cache_folder() / "cnn-lab" / "datasets"
    except RuntimeError as error:
        raise StorageError(
            "There is no folder for datasets: this user has no home folder. "
            "Set CNN_LAB_DATA to a folder that you can write to."
        ) from error


def find_files(name: str, publication: Publication) -> FoundFiles | None:
    """Find the first place that holds all four files of a dataset, without reading them.

    Raises:
        StorageError: See :func:`data_folder`.
    """
    keras = keras_folder("datasets")
    for folder in (data_folder() / name, *([keras / name] if keras else [])):
        paths = [find_idx(folder, file.name) for file in publication.files]
        if all(paths):
            return FoundFiles(folder, tuple(path for path in paths if path))
    if keras and publication.keras_npz and is_file(keras / publication.keras_npz):
        return FoundFiles(keras, (keras / publication.keras_npz,) * len(publication.files))
    return None


def find_idx(folder: Path, name: str) -> Path | None:
    """Return the plain or the gzipped file of this name, or None if the folder has neither."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if is_file(path)), None)


def keras_folder(name: str) -> Path | None:
    """Where Keras keeps its downloads of a kind ("datasets", "models"), as Keras finds it, without importing Keras.

    None if that would be in the home folder of a user who has none.
    """
    try:
        return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / name
    except RuntimeError:
        return None


def is_file(path: Path) -> bool:
    """Whether there is a file that can be seen from here."""
    try:
        return path.is_file()
    except OSError:  # a folder that may not be entered holds nothing that could be read
        return False


def _user_cache_folder() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    # The XDG specification: a relative path is invalid and to be ignored.
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"
