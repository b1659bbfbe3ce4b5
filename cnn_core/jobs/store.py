"""Finds, starts and cleans away work in the background. It lies in the hidden folder ``.jobs`` among the runs."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from pydantic import BaseModel

from cnn_core.errors import CnnLabError
from cnn_core.jobs.job import LOG, REQUEST, Job, JobRequest, JobStatus
from cnn_core.runs.files import storage_errors, write_atomically
from cnn_core.runs.launcher import start_process
from cnn_core.runs.record import LOST_AFTER_SECONDS
from cnn_core.runs.store import runs_folder

# Of what failed or was cancelled; what came out of the last one of a kind and key is kept.
KEPT_SECONDS = 24 * 3600.0
# What came out for datasets that are long gone does not fill the disk.
MOST_KEPT = 60

J = TypeVar("J", bound=Job)


def jobs_folder() -> Path:
    """Where the jobs lie."""
    return runs_folder() / ".jobs"


def find_job(kind: str, key: str) -> Job | None:
    """The last job of a kind for a key, under way, done or failed; ``None``: there is none.

    Cancelled ones are none, and neither is a failure before one: whoever tried again has seen it.
    """
    was_cancelled = False
    for job in _newest_first(kind, key):
        state = job.state
        if state == "cancelled":
            was_cancelled = True
        elif state != "failed" or not was_cancelled:
            return job
    return None


def find_done(kind: str, key: str) -> Job | None:
    """The last job of a kind for a key that has a result; ``None``: there is none."""
    return next((job for job in _newest_first(kind, key) if job.state == "done"), None)


def active_jobs(kind: str) -> list[Job]:
    """The jobs of a kind that are under way, the newest first."""
    return [job for job in _newest_first(kind, "*") if job.is_active]


def start_job(kind: str, key: str, settings: dict[str, Any], *, again: bool = False) -> Job:
    """Work in the background, or join the work under way. Two people who press the button at once get one job.

    Args:
        kind: One of :data:`cnn_core.jobs.work.KINDS`.
        key: What it is done to: letters, digits and hyphens.
        settings: What the work needs to know, as JSON.
        again: Do it anew even where there is a result.

    Raises:
        StorageError: The folder of the runs cannot be written.
        CnnLabError: The process cannot be started.
    """
    folder = jobs_folder()

    def start() -> Job:
        _clean_up(folder)
        return start_in(new_folder(kind, key), kind, key, settings)

    return join_or_start(folder, lambda: find_job(kind, key), start, again=again)


def join_or_start(folder: Path, find: Callable[[], J | None], start: Callable[[], J], *, again: bool) -> J:
    """Join the work under way, take its result, or start it; one after the other for all who ask at once.

    Args:
        folder: Where such work lies; it is made.
        find: The last one of its kind, under way, done or failed.
        start: Called where there is nothing to join.
        again: Start anew even where there is a result.

    Raises:
        StorageError: The folder cannot be written.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            found = find()
            if found is not None:
                state = found.state
                if state == "working" or (state == "done" and not again):
                    return found
            return start()


def new_folder(kind: str, key: str) -> Path:
    """An empty directory for a job that :func:`start_in` will start, so that files can be put there before.

    Raises:
        StorageError: The folder of the runs cannot be written.
    """
    path = jobs_folder() / f"{kind}-{_plain(key)}-{time.time():.3f}-{secrets.token_hex(2)}"
    with storage_errors(path):
        path.mkdir(parents=True)
    return path


def start_in(path: Path, kind: str, key: str, settings: dict[str, Any]) -> Job:
    """Start a job in a directory that :func:`new_folder` gave.

    Raises:
        StorageError: The directory cannot be written.
        CnnLabError: The process cannot be started; the directory is gone.
    """
    return launch(Job(path), "job", JobRequest(kind=kind, key=key, settings=settings, created=time.time()))


def launch(job: J, command: str, request: BaseModel) -> J:
    """Write what is to be done into a job's directory, and start the process that does it.

    Args:
        job: Its directory is there.
        command: The hidden command that takes the directory.
        request: What the process will read.

    Raises:
        StorageError: The directory cannot be written.
        CnnLabError: The process cannot be started; the directory is gone.
    """
    write_atomically(job.path / REQUEST, request.model_dump_json(indent=1).encode())
    job.write_status(JobStatus(heartbeat=time.time()))
    try:
        start_process([command, str(job.path)], job.path / LOG)
    except CnnLabError:
        # Nobody works: who presses the button again must not join it.
        shutil.rmtree(job.path, ignore_errors=True)
        raise
    return job


def tidy() -> None:
    """Delete what is old, cancelled, or replaced; for work that is not started by :func:`start_job`, which does it.

    Raises:
        StorageError: The folder of the runs cannot be written.
    """
    folder = jobs_folder()
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            _clean_up(folder)


def _plain(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", key)[:64]


def _newest_first(kind: str, key: str) -> Iterator[Job]:
    name = f"{kind}-{key if key == '*' else _plain(key)}-*"
    try:
        # The time stands behind the key.
        paths = sorted(jobs_folder().glob(name), key=lambda path: path.name.rsplit("-", 2)[1:], reverse=True)
    except OSError:
        return
    for path in paths:
        job = Job(path)
        request = _request(job)
        # One kind, or key, may begin like another.
        if request is not None and request.kind == kind and (key == "*" or request.key == key):
            yield job


def _request(job: Job) -> JobRequest | None:
    """What a job is to do; ``None``: it was not started yet, or its file is damaged, and nobody finds it."""
    try:
        return job.job_request()
    except CnnLabError:
        return None


def _clean_up(folder: Path) -> None:
    """Delete what is old, cancelled, or replaced by a newer result; never what is under way."""
    done: dict[tuple[str, str], list[tuple[float, Path]]] = {}
    for path in folder.iterdir():
        if not path.is_dir():
            continue
        job = Job(path)
        age, state = time.time() - job.last_written(), job.state
        if state == "working":
            continue
        request = _request(job)
        if state == "done" and request is not None:
            done.setdefault((request.kind, request.key), []).append((age, path))
        # A process that was just told to end must find the word that tells it.
        elif age > KEPT_SECONDS or (state == "cancelled" and age > LOST_AFTER_SECONDS):
            shutil.rmtree(path, ignore_errors=True)
    newest = []
    for ended in done.values():
        first, *others = sorted(ended)
        newest.append(first)
        for _, path in others:
            shutil.rmtree(path, ignore_errors=True)
    for _, path in sorted(newest)[MOST_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
