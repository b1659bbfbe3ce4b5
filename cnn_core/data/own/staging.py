"""What somebody wants to bring in, from the moment they name it: every tab and every later visit finds it again.

It lies in the directory of the job that will bring it in, which every clean-up of old jobs knows.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from cnn_core.data.own.bring import check_name
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.roots import allowed_path
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.sources import FolderSource, ZipSource, open_source
from cnn_core.errors import CnnLabError, DatasetError, StorageError
from cnn_core.images.decode import printable
from cnn_core.jobs.job import REQUEST, Job
from cnn_core.jobs.store import find_job, jobs_folder, new_folder, start_in, tidy
from cnn_core.runs.files import storage_errors, write_atomically

KIND = "bring-in"
# Of a ZIP that comes through the browser; larger ones are put on the server's disk.
MOST_MEGABYTES = 1000
# Of all that were uploaded and not brought in yet: nobody fills the server's disk.
MOST_WAITING_BYTES = 4_000_000_000

_SOURCE, _ZIP = "source.json", "upload.zip"
_TOKEN = re.compile(r"[0-9a-f]{8}")


class StagedSource(BaseModel):
    """``source.json``: where the pictures lie.

    Attributes:
        title: What a person calls it.
        path: On this machine; ``None``: a ZIP that was uploaded, in the same directory.
    """

    model_config = ConfigDict(frozen=True)

    title: str
    path: Path | None = None


@dataclass(frozen=True)
class Staged:
    """Pictures that somebody wants to bring in.

    Attributes:
        token: What addresses call it; also the key of its jobs.
        folder: Of its last job, which may not have been started yet.
        source: Where the pictures lie.
    """

    token: str
    folder: Path
    source: StagedSource

    @property
    def path(self) -> Path:
        """Where the pictures lie."""
        return self.source.path or self.folder / _ZIP

    @property
    def changed(self) -> int:
        """When it was last changed, in nanoseconds since 1970, as far as its own entry tells; 0: it is gone."""
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def is_upload(self) -> bool:
        """Whether it came through the browser."""
        return self.source.path is None

    def open(self) -> FolderSource | ZipSource:
        """Open it.

        Raises:
            DatasetError: It is no longer there, or cannot be read.
        """
        return open_source(self.path, self.source.title)

    def discard(self) -> None:
        """Forget it; what was uploaded is deleted, what lies on the server stays as it is."""
        # First what it is found by.
        (self.folder / _SOURCE).unlink(missing_ok=True)
        (self.folder / _ZIP).unlink(missing_ok=True)


def look_at(staged: Staged) -> None:
    """Look whether something is a dataset at all.

    Raises:
        DatasetError: It is none.
    """
    read_layout(staged.open())


def stage_upload(file: IO[bytes], name: str, look: Callable[[Staged], object] = look_at) -> Staged:
    """Keep a ZIP that came through the browser, on the disk instead of in the server's memory.

    Args:
        file: The ZIP.
        name: What a person calls it.
        look: As :func:`look_at`; it may keep what it sees.

    Raises:
        DatasetError: It is no ZIP of a dataset; nothing of it is kept.
        StorageError: Too much waits already; the folder of the runs cannot be written, or its disk is full. Nothing of
            it is kept.
    """
    folder, token = _new_folder()
    try:
        _check_room(folder, file)
        with storage_errors(folder / _ZIP), (folder / _ZIP).open("wb") as target:
            shutil.copyfileobj(file, target, 1 << 20)
        return _stage(folder, token, StagedSource(title=printable(name)), look)
    except CnnLabError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def stage_path(text: str, look: Callable[[Staged], object] = look_at) -> Staged:
    """Remember a folder or a ZIP on the server; see :mod:`cnn_core.data.own.roots`.

    Args:
        text: The path, as a person typed it.
        look: As :func:`look_at`; it may keep what it sees.

    Raises:
        DatasetError: It is not allowed, or no dataset.
        StorageError: The folder of the runs cannot be written.
    """
    path = allowed_path(text)
    folder, token = _new_folder()
    try:
        return _stage(folder, token, StagedSource(title=printable(path.name), path=path), look)
    except CnnLabError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def find_staged(token: str) -> Staged | None:
    """What an address calls so; ``None``: nothing, or no longer."""
    if not _TOKEN.fullmatch(token):
        return None
    folders = sorted(jobs_folder().glob(f"{KIND}-{token}-*"))
    return staged_in(folders[-1], token) if folders and not Job(folders[-1]).is_cancelled else None


def staged_in(folder: Path, token: str) -> Staged | None:
    """What lies in the directory of a job; ``None``: nothing, or no longer."""
    try:
        source = StagedSource.model_validate_json((folder / _SOURCE).read_bytes())
    except (OSError, ValidationError):
        return None
    staged = Staged(token, folder, source)
    return None if staged.is_upload and not staged.path.is_file() else staged


def start_bringing(staged: Staged, settings: OwnSettings) -> Job:
    """Bring it in, in the background; join the work that is under way. After a failure, with the same upload.

    Raises:
        DatasetError: The name is taken.
        StorageError: The folder of the runs cannot be written.
        CnnLabError: The process cannot be started.
    """
    check_name(settings.name)
    with storage_errors(jobs_folder()), FileLock(jobs_folder() / ".lock"):
        job = find_job(KIND, staged.token)
        if job is not None and job.is_active:
            return job
        folder = staged.folder
        if (folder / REQUEST).exists():
            folder = new_folder(KIND, staged.token)
            for name in (_ZIP, _SOURCE):
                if (staged.folder / name).exists():
                    (staged.folder / name).rename(folder / name)
        return start_in(folder, KIND, staged.token, {"settings": settings.model_dump(mode="json")})


def check_still_allowed(staged: Staged) -> None:
    """Look once more whether pictures may be brought from a path: between two looks a folder can become a link.

    Raises:
        DatasetError: They may not.
    """
    if staged.source.path is not None and allowed_path(str(staged.source.path)) != staged.source.path:
        raise DatasetError(f"'{staged.source.path}' leads elsewhere now. Name the folder again.")


def _check_room(folder: Path, file: IO[bytes]) -> None:
    """Raise before a ZIP is copied that would not fit."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    waiting = 0
    for path in jobs_folder().glob(f"{KIND}-*/{_ZIP}"):
        # What is brought in meanwhile is gone.
        with contextlib.suppress(OSError):
            waiting += path.stat().st_size
    if waiting + size > MOST_WAITING_BYTES:
        raise StorageError(
            f"Uploads of {waiting / 1e6:,.0f} MB wait to be brought in already, and no more than "
            f"{MOST_WAITING_BYTES / 1e6:,.0f} MB may. Bring them in or discard them; what nobody starts is deleted "
            "after a day."
        )
    free = shutil.disk_usage(folder).free
    if size > free:
        raise StorageError(
            f"The ZIP has {size / 1e6:,.0f} MB, and the disk of '{folder.parent}' has {free / 1e6:,.0f} MB left. Make "
            "room, or point CNN_LAB_RUNS to another disk."
        )


def _new_folder() -> tuple[Path, str]:
    tidy()
    token = secrets.token_hex(4)
    return new_folder(KIND, token), token


def _stage(folder: Path, token: str, source: StagedSource, look: Callable[[Staged], object]) -> Staged:
    """Look whether it is a dataset at all, and remember it."""
    staged = Staged(token, folder, source)
    look(staged)
    write_atomically(folder / _SOURCE, source.model_dump_json().encode())
    return staged
