"""What a person thinks of suspicious labels of the test images: marks, saved with the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cnn_core.errors import RunError
from cnn_core.runs.directory import Run
from cnn_core.runs.files import format_of, write_atomically
from cnn_core.runs.locks import alone_with
from cnn_core.runs.store import beside, make_beside

_NAME = "label_marks.json"
_LOCK = ".label_marks.lock"
# Whoever holds the lock reads and writes one small file.
_LOCK_SECONDS = 5.0

# Raised when an older reader could no longer understand the file.
FORMAT = 1

Mark = Literal["keep", "wrong", "ambiguous"]
MARKS: tuple[Mark, ...] = get_args(Mark)


class _MarksFile(BaseModel):
    """``label_marks.json``.

    Attributes:
        checksum: Of the dataset whose test images are marked.
        marks: By the index of the test image.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    checksum: str
    marks: dict[Annotated[int, Field(ge=0)], Mark] = {}


def read_marks(run: Run) -> Mapping[int, Mark]:
    """The marks of a run's test images, by index; none where nobody has marked any.

    Raises:
        RunError: The file is damaged, of another version, or about other images. It stays as it is.
    """
    return _read(beside(run) / _NAME, run.record().data.checksum).marks


def save_mark(run: Run, index: int, mark: Mark | None) -> None:
    """Mark one test image, or take its mark back (``None``). Marks that others set meanwhile stay.

    Raises:
        RunError: As :func:`read_marks`; or somebody else's process holds the file for too long.
        StorageError: It cannot be written. The marks are what they were.
    """
    checksum = run.record().data.checksum
    path = make_beside(run) / _NAME
    lock = path.with_name(_LOCK)
    refusal = (
        f"The mark was not saved: a process has held '{lock}' for {_LOCK_SECONDS:.0f} s. Try again; if it stays so, "
        "end that process."
    )
    with alone_with(lock, _LOCK_SECONDS, refusal):
        stored = _read(path, checksum)
        marks = {other: its for other, its in stored.marks.items() if other != index}
        if mark is not None:
            marks[index] = mark
        changed = _MarksFile(checksum=checksum, marks=dict(sorted(marks.items())))
        write_atomically(path, changed.model_dump_json(indent=1).encode())


def _read(path: Path, checksum: str) -> _MarksFile:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _MarksFile(checksum=checksum)
    except OSError as error:
        raise _unusable(path, f"it cannot be read: {error.strerror or error}") from error
    found = format_of(content, FORMAT)
    if found != FORMAT:
        raise _unusable(path, f"another version of CNN Lab wrote it: format {found}, this one reads {FORMAT}")
    try:
        file = _MarksFile.model_validate_json(content)
    except ValidationError as error:
        raise _unusable(path, f"it is damaged: {error.error_count()} entries are not as expected") from error
    if file.checksum != checksum:
        raise _unusable(path, "it is about the images of another dataset, or of another state of it")
    return file


def _unusable(path: Path, why: str) -> RunError:
    return RunError(
        f"The marks in '{path}' cannot be used ({why}). Nothing is marked until then: move the file elsewhere to begin "
        "anew, or restore it to go on."
    )
