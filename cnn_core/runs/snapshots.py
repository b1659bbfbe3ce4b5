"""Snapshots: the weights of a run after its epochs, ``snapshots/<epoch>.npz``. No TensorFlow here.

Written where ``training.snapshots`` asks for them. Epoch 0 is what the training began with, the others are the weights
that the epoch's validation was measured with (the averages, where the run averages its weights)::

    snapshots = find_snapshots(run)          # RunError: the run has none; the message says how to get them
    snapshots.epochs                         # (0, 1, 2, …): the first and the last trained one are always among them
    snapshots.weights(2)                     # {"block1_conv/kernel": float32 array, …}, by Keras's path of the variable
    snapshot_epochs(run)                     # the same epochs, empty where there are none

:func:`cnn_core.learn.history.model_at` puts them into a copy of the run's network. What never learns is not stored: it
is the same in ``model.keras``. A run that trains, or was killed, may have one that its history does not know yet.

**float16.** An array is stored in half precision: 11 bits, about 3 digits. No value is off by more than 1/2048 of the
largest of its array; where float16 could not keep that (the largest is above 65,504, or below 0.00006), it is float32.

**At most** :data:`MOST_BYTES` a run. Where all epochs would take more, every second one is kept, or every fourth, and
so on: the epochs that a power of two divides, so that a run that goes on thins out what it has and keeps it even. The
first and the last one stay, however large they are.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.errors import RunError
from cnn_core.runs import directory
from cnn_core.runs.checkpoints import newest_position
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors, write_atomically

# Raised when a snapshot holds something else.
FORMAT = 1
# The end of what somebody is told who has none.
TRAIN_AGAIN = "Train again with 'Keep the weights of each epoch'"
MOST_BYTES = 200_000_000
_HALF = np.finfo(np.float16)
_FACTS = "facts"


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of a run, as they were when they were looked for.

    Attributes:
        run: The run.
        epochs: Ascending; 0 is before the first step. Not all of them, where all would take too much.
    """

    run: Run
    epochs: tuple[int, ...]

    def weights(self, epoch: int) -> dict[str, np.ndarray]:
        """The weights after an epoch: float32 arrays by Keras's path of the variable ("block1_conv/kernel").

        All that the run may change is there, the averages of batch normalisation too. What rested in this epoch, as all
        but the head in the first epochs of a transfer, is that of epoch 0.

        Raises:
            RunError: There is none of this epoch, or no longer; or it is damaged.
        """
        weights, is_whole = _read(self.run, epoch, self.epochs)
        if not is_whole:
            weights = {**_read(self.run, 0, self.epochs)[0], **weights}
        return {name: array.astype(np.float32) for name, array in weights.items()}

    def version(self, epoch: int) -> int:
        """What changes when the snapshot of an epoch is written anew, as by a run that went on from before it.

        Raises:
            RunError: There is none of this epoch, or no longer.
        """
        try:
            return _path(self.run, epoch).stat().st_mtime_ns
        except OSError as error:
            raise _missing(self.run, epoch, self.epochs) from error


def snapshot_epochs(run: Run) -> tuple[int, ...]:
    """The epochs of which there are snapshots, ascending; empty where there are none."""
    return tuple(sorted(int(path.stem) for path in _files(run)))


def find_snapshots(run: Run) -> Snapshots:
    """The snapshots of a run.

    Raises:
        RunError: It has none: it was not asked to keep them, has not begun, or they were deleted.
    """
    if epochs := snapshot_epochs(run):
        return Snapshots(run, epochs)
    if not run.record().training.snapshots:
        raise RunError(
            f"Run '{run.id}' has kept no weights of its epochs. {TRAIN_AGAIN} (Train, tab Training, 'What is kept'; on "
            "the command line --set training.snapshots=true)."
        )
    if run.status().is_active:
        raise RunError(f"Run '{run.id}' has kept no weights yet. Wait until its training has begun.")
    raise RunError(
        f"Run '{run.id}' has no weights of its epochs: it ended before its training began, or its folder "
        f"'{directory.SNAPSHOTS}' was deleted. {TRAIN_AGAIN}."
    )


def save_snapshot(run: Run, epoch: int, weights: Mapping[str, np.ndarray], *, is_whole: bool = True) -> None:
    """Write a snapshot, and remove those that are too many now. A reader sees all of it or nothing.

    Args:
        run: Its directory exists.
        epoch: 0: before the first step.
        weights: Arrays by Keras's path of the variable.
        is_whole: Whether all that the run may ever change is among them; the rest is that of epoch 0.

    Raises:
        StorageError: It cannot be written.
    """
    folder, facts = run.path / directory.SNAPSHOTS, {"format": FORMAT, "epoch": epoch, "is_whole": is_whole}
    packed: dict[str, Any] = {name: _halved(array) for name, array in weights.items()}
    packed[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **packed)
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
    write_atomically(_path(run, epoch), buffer.getvalue())
    thin_out(run)


def thin_out(run: Run) -> None:
    """Remove the snapshots that are too many, as :data:`MOST_BYTES` has it.

    Kept in any case: epoch 0, the last one, and the one that the run would go on after if it was killed now.
    """
    epochs = snapshot_epochs(run)
    if not epochs:
        return
    last = epochs[-1]
    position = newest_position(run)
    needed = {0, last, position[0] - 1 if position else 0}
    with contextlib.suppress(OSError):
        first_size, last_size = (_path(run, epoch).stat().st_size for epoch in (epochs[0], last))
        stride = _stride(last, last_size, MOST_BYTES - first_size)
        for epoch in epochs:
            if epoch % stride and epoch not in needed:
                _path(run, epoch).unlink(missing_ok=True)


def forget_after(run: Run, epoch: int) -> None:
    """Go back to the end of an epoch: remove what comes after it, and what a killed worker has half written."""
    if (run.path / directory.SNAPSHOTS).is_dir():
        kept = {_path(run, each) for each in snapshot_epochs(run) if each <= epoch}
        for path in (run.path / directory.SNAPSHOTS).iterdir():
            if path.is_file() and path not in kept:
                with storage_errors(path):
                    path.unlink(missing_ok=True)


def _stride(last: int, size: int, most_bytes: int) -> int:
    """Every how many epochs one is kept: a power of two. It depends on nothing but how far the run has come."""
    stride = 1
    # Beside those that it divides: the last one, and the one to go on after. None is larger than the last one.
    while stride <= last and (last // stride + 2) * size > most_bytes:
        stride *= 2
    return stride


def _halved(array: np.ndarray) -> np.ndarray:
    if not np.issubdtype(array.dtype, np.floating):
        return array
    # What is no number, or infinite, stays what it is in float16, too.
    largest = np.max(np.abs(array), initial=0.0, where=np.isfinite(array))
    is_fitting = largest == 0 or _HALF.smallest_normal <= largest <= _HALF.max
    return array.astype(np.float16 if is_fitting else np.float32)


def _files(run: Run) -> list[Path]:
    return [path for path in (run.path / directory.SNAPSHOTS).glob("[0-9]*.npz") if path.stem.isdigit()]


def _path(run: Run, epoch: int) -> Path:
    return run.path / directory.SNAPSHOTS / f"{epoch:05d}.npz"


def _read(run: Run, epoch: int, epochs: tuple[int, ...]) -> tuple[dict[str, np.ndarray], bool]:
    """The arrays as they are stored, and whether they are all that the run may change."""
    path = _path(run, epoch)
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            facts = json.loads(stored[_FACTS].tobytes())
            if (facts["format"], facts["epoch"]) != (FORMAT, epoch):
                raise ValueError(f"it is of epoch {facts['epoch']} and format {facts['format']}")
            return {name: stored[name] for name in stored.files if name != _FACTS}, bool(facts["is_whole"])
    except FileNotFoundError as error:
        raise _missing(run, epoch, epochs) from error
    except Exception as error:  # NumPy, zipfile and zlib raise whatever they stumble on.
        raise RunError(
            f"The weights of epoch {epoch} of run '{run.id}' cannot be read: '{directory.SNAPSHOTS}/{path.name}' is "
            f"damaged ({error}). Choose another epoch. {TRAIN_AGAIN} to have all of them."
        ) from error


def _missing(run: Run, epoch: int, epochs: tuple[int, ...]) -> RunError:
    told = ", ".join(str(each) for each in epochs if each != epoch)
    return RunError(
        f"Run '{run.id}' has no weights of epoch {epoch}: it never had them, or removed them to save space while "
        f"it trained, or '{_path(run, epoch).name}' was deleted. Choose another epoch{f' ({told})' if told else ''}."
    )
