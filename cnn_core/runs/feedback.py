"""Pictures that a person has said the right class of, kept with the run: to look at, and to train on later.

A folder holds two files for each: the picture, and what was said of it. They are named by the picture's content, so
that a picture that is corrected again gets another label and is not there twice.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cnn_core.errors import RunError
from cnn_core.images.decode import Picture
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback_file import (
    PICTURE,
    WORDS,
    Correction,
    Said,
    Unusable,
    pack_picture,
    pack_words,
    picture_key,
    read_correction,
    read_picture,
)
from cnn_core.runs.files import replaced_together, storage_errors
from cnn_core.runs.locks import alone_with
from cnn_core.runs.store import beside, make_beside

MAX_PICTURES = 2000
MAX_MEGABYTES = 500

_FOLDER = "feedback"
_LOCK = ".feedback.lock"
# Whoever holds the lock writes two files, or deletes some thousand.
_LOCK_SECONDS = 10.0
_STAGED = ".writing.*"
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Feedback:
    """All that is kept with a run.

    Attributes:
        corrections: The newest first.
        unusable: By their names.
    """

    corrections: tuple[Correction, ...]
    unusable: tuple[Unusable, ...]


def feedback_folder(run: Run) -> Path:
    """Where the corrections of a run are kept; it may not be there yet."""
    return beside(run) / _FOLDER


def feedback_state(run: Run) -> int:
    """When something was last kept, changed or deleted, in nanoseconds; 0: never."""
    try:
        return feedback_folder(run).stat().st_mtime_ns
    except OSError:
        return 0


def read_feedback(run: Run) -> Feedback:
    """What is kept with a run. What cannot be used is listed as that.

    Raises:
        RunError: The run is no longer there, or the folder cannot be read.
    """
    class_names = run.record().data.class_names
    folder = feedback_folder(run)
    found: defaultdict[str, set[str]] = defaultdict(set)
    unusable = []
    for entry in _entries(folder):
        if _is_ours(entry):
            name = Path(entry.name)
            found[name.stem].add(name.suffix)
        else:
            unusable.append(Unusable(entry.name, "CNN Lab did not put it here.", is_ours=False))
    corrections = []
    for key, endings in found.items():
        read = read_correction(folder, key, endings, class_names)
        if isinstance(read, Correction):
            corrections.append(read)
        elif read is not None:
            unusable.append(read)
    corrections.sort(key=lambda one: (-one.time, one.key))
    return Feedback(tuple(corrections), tuple(sorted(unusable, key=lambda one: one.name)))


def find_correction(run: Run, key: str) -> Correction | None:
    """What was said of a picture; ``None`` where nothing was, or it cannot be read.

    Raises:
        RunError: The run is no longer there.
    """
    class_names = run.record().data.class_names
    folder = feedback_folder(run)
    endings = {ending for ending in (PICTURE, WORDS) if (folder / f"{key}{ending}").is_file()}
    found = read_correction(folder, key, endings, class_names)
    return found if isinstance(found, Correction) else None


def kept_picture(run: Run, correction: Correction) -> bytes | None:
    """The picture of a correction, a whole PNG of some megabytes at most; ``None`` where it is gone or damaged."""
    return read_picture(feedback_folder(run), correction.key)


def keep_correction(run: Run, picture: Picture, label: str | None, said: Said, *, at: float | None = None) -> None:
    """Keep a picture and what it shows. What was said of the same picture before is replaced.

    The picture is kept upright, with ``KEPT_SIDE`` pixels a side at most, and without what its file says of when and
    where it was taken.

    Args:
        run: The run that was asked.
        picture: Any picture.
        label: Name of its class; ``None``: none of them.
        said: What the network said.
        at: In seconds since 1970; now, where it is not given.

    Raises:
        RunError: The run has no such class, is no longer there, or has no room for more; or somebody else's process
            holds the folder for too long.
        StorageError: It cannot be written. What is kept is what it was.
    """
    class_names = run.record().data.class_names
    if label is not None and label not in class_names:
        raise RunError(f"Run '{run.id}' has no class '{label}'. Its classes are {', '.join(class_names)}.")
    key, content = picture_key(picture), pack_picture(picture)
    words = pack_words(label, said, picture.name, time.time() if at is None else at)
    with _alone(run) as folder:
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
        _check_room(run, folder, key, len(content))
        with replaced_together(folder, f"{key}{PICTURE}", f"{key}{WORDS}") as (picture_path, words_path):
            picture_path.write_bytes(content)
            words_path.write_bytes(words)


def delete_corrections(run: Run, keys: Iterable[str]) -> None:
    """Delete pictures and what was said of them; those that somebody else has deleted meanwhile are gone already.

    Raises:
        RunError: The run is no longer there; or somebody else's process holds the folder for too long.
        StorageError: They cannot be deleted.
    """
    wanted = {f"{key}{ending}" for key in keys for ending in (PICTURE, WORDS)}
    with _alone(run) as folder, storage_errors(folder):
        for entry in _entries(folder):
            if entry.name in wanted and _is_ours(entry):
                Path(entry).unlink(missing_ok=True)


def delete_all_corrections(run: Run) -> None:
    """Delete all pictures and what was said of them, the damaged ones too. Files that CNN Lab did not write stay.

    Errors as :func:`delete_corrections`.
    """
    with _alone(run) as folder, storage_errors(folder):
        for entry in _entries(folder):
            if _is_ours(entry):
                Path(entry).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is not there, or not empty
            folder.rmdir()


@contextlib.contextmanager
def _alone(run: Run) -> Iterator[Path]:
    lock = make_beside(run) / _LOCK
    refusal = (
        f"The feedback was not changed: a process has held '{lock}' for {_LOCK_SECONDS:.0f} s. Try again; if it stays "
        "so, end that process."
    )
    with alone_with(lock, _LOCK_SECONDS, refusal):
        folder = feedback_folder(run)
        # Nobody else writes now: what is there was left by a process that died.
        for leftover in folder.glob(_STAGED):
            with contextlib.suppress(OSError):
                leftover.unlink()
        yield folder


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in the folder, hidden files apart."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(
            f"The feedback in '{folder}' cannot be read ({error.strerror or error}). Give this user the right to read "
            "it, or move it elsewhere."
        ) from error


def _is_ours(entry: os.DirEntry[str]) -> bool:
    name = Path(entry.name)
    is_named_so = name.suffix in (PICTURE, WORDS) and _KEY.fullmatch(name.stem) is not None
    return is_named_so and entry.is_file(follow_symlinks=False)


def _check_room(run: Run, folder: Path, key: str, size: int) -> None:
    """There is always room for another label of a picture that is kept already."""
    sizes = {entry.name: entry.stat(follow_symlinks=False).st_size for entry in _entries(folder)}
    pictures = sum(name.endswith(PICTURE) for name in sizes)
    kept = sum(sizes.values())
    if f"{key}{PICTURE}" in sizes or (pictures < MAX_PICTURES and kept + size <= MAX_MEGABYTES * 1e6):
        return
    raise RunError(
        f"There is no room for more feedback: run '{run.id}' keeps {pictures:,} pictures of {kept / 1e6:,.0f} MB, "
        f"at most {MAX_PICTURES:,} of {MAX_MEGABYTES} MB together are kept. Download them as a ZIP, and delete some."
    )
