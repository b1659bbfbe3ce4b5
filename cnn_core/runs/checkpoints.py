"""Checkpoints of a run: ``checkpoint/<epoch>-<step>.npz``, each whole or not there, the last two kept."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.errors import RunError
from cnn_core.runs import directory
from cnn_core.runs.directory import Run
from cnn_core.runs.files import storage_errors

# The one before the last is for the day on which the last one cannot be read.
KEPT = 2
_FACTS = "facts"
_WRITING = ".writing.npz"


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, a list each, and the facts that go with them (plain data, for JSON).

    Attributes:
        damaged: Names of newer files that could not be read.
    """

    facts: dict[str, Any]
    arrays: dict[str, list[np.ndarray]] = field(repr=False)
    damaged: tuple[str, ...] = ()


def save_checkpoint(run: Run, epoch: int, step: int, checkpoint: Checkpoint) -> None:
    """Write a checkpoint to the disk, then remove all but the last two.

    Args:
        run: Its directory exists.
        epoch: Under way.
        step: Steps of it that are done.
        checkpoint: What to keep. ``damaged`` is not part of it.

    Raises:
        StorageError: It cannot be written. Those before it are still there.
    """
    folder = run.path / directory.CHECKPOINT
    path = folder / f"{epoch:05d}-{step:07d}.npz"
    # Always the same name: what a killed worker leaves behind is written over by the next one.
    temporary = path.with_name(_WRITING)
    names = {name: len(arrays) for name, arrays in checkpoint.arrays.items()}
    facts = json.dumps({"facts": checkpoint.facts, "arrays": names}).encode()
    flat = {f"{name}-{i}": array for name, arrays in checkpoint.arrays.items() for i, array in enumerate(arrays)}
    with storage_errors(path):
        folder.mkdir(exist_ok=True)
        try:
            with temporary.open("wb") as file:
                np.savez(file, **{_FACTS: np.frombuffer(facts, np.uint8)}, **flat)  # type: ignore[arg-type]
                file.flush()
                # Without it a power cut could leave the new name with nothing behind it.
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    for old in _newest_first(run, besides=path)[KEPT - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()


def load_checkpoint(run: Run) -> Checkpoint | None:
    """The newest checkpoint that can be read; ``None`` where there is none at all.

    zip files end with their list of contents and carry a checksum of each, so half a file, or a changed one, is told.

    Raises:
        RunError: There are checkpoints, and not one of them can be read.
    """
    damaged = list[str]()
    for path in _newest_first(run):
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
                head = json.loads(stored[_FACTS].tobytes())
                arrays = {name: [stored[f"{name}-{i}"] for i in range(count)] for name, count in head["arrays"].items()}
                return Checkpoint(head["facts"], arrays, tuple(damaged))
        except Exception:  # NumPy, zipfile and zlib raise whatever they stumble on.
            damaged.append(path.name)
    if damaged:
        raise RunError(
            f"No checkpoint of run '{run.id}' can be read ({', '.join(damaged)}). Delete the folder "
            f"'{run.path / directory.CHECKPOINT}' and resume the run: it then starts from the beginning."
        )
    return None


def discard_checkpoints(run: Run, names: Iterable[str]) -> None:
    """Remove checkpoints that cannot be read, so that the last two are two that can."""
    for name in names:
        with contextlib.suppress(OSError):
            (run.path / directory.CHECKPOINT / name).unlink()


def newest_position(run: Run) -> tuple[int, int] | None:
    """The epoch under way, counted from 1, and the steps of it that were done at the newest checkpoint, by its name.

    The file is not read: should it be damaged, the run goes on from the one before it.

    Returns:
        ``None`` where there is no checkpoint.
    """
    newest = next(iter(_newest_first(run)), None)
    if newest is None:
        return None
    epoch, _, step = newest.stem.partition("-")
    return int(epoch), int(step) if step.isdigit() else 0


def _newest_first(run: Run, besides: Path | None = None) -> list[Path]:
    # By time, not by position: a run that was taken back to an earlier checkpoint writes earlier positions.
    files = [path for path in (run.path / directory.CHECKPOINT).glob("[0-9]*.npz") if path != besides]
    return sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)
