"""The process behind a job: does what its directory asks for, and writes what came out."""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

from pydantic import BaseModel

from cnn_core.errors import CnnLabError, RunError, StorageError
from cnn_core.jobs.job import Job, JobStatus
from cnn_core.runs.record import HEARTBEAT_SECONDS

# Where the function of each kind stands; imported in the process that needs it.
KINDS: dict[str, str] = {
    "duplicates": "cnn_core.data.duplicates.find.work",
    "derive": "cnn_core.data.own.derive.work",
    "bring-in": "cnn_core.data.own.bringing.bring_in_staged",
    "download": "cnn_core.data.downloading.download_dataset",
    "adapt": "cnn_core.training.adapting.work",
    "map": "cnn_core.data.understand.image_map.make_map",
}

# How soon somebody who presses Cancel is heard.
_LISTEN_SECONDS = 0.25
# So long may work that was cancelled clean up behind itself.
_GRACE_SECONDS = 10.0


class CancelledError(Exception):
    """Somebody asked for a stop. Raised by the work itself, which leaves nothing behind."""


class Work(Protocol):
    """What a function that works in the background is given.

    Attributes:
        job: Its request, and the directory where its results go.
    """

    job: Job

    def tell(self, share: float, doing: str = "") -> None:
        """Say how far it is, in [0, 1], and what it does, in a few words."""

    def should_stop(self) -> bool:
        """Whether somebody wants it no longer; then raise :class:`CancelledError`."""


def run_job(job: Job) -> None:
    """Do the work. Every end is written into its status.

    Raises:
        CnnLabError: It failed for a reason that a person can mend; the status says it too.
    """
    request = job.job_request()
    if request.kind not in KINDS:
        raise RunError(f"'{job.path}' asks for '{request.kind}', which is not known. It is of another version.")
    with Heart(job, grace_seconds=_GRACE_SECONDS) as heart:
        module, function = KINDS[request.kind].rsplit(".", 1)
        work: Callable[[Work], BaseModel] = getattr(importlib.import_module(module), function)
        job.write_result(work(heart))


class Heart:
    """Says that a process lives and how far it is, hears that it is wanted no longer, and writes how it ended.

    Args:
        job: What the process works on.
        grace_seconds: How long the work may take to end by itself when it is cancelled; then it is ended.
    """

    def __init__(self, job: Job, *, grace_seconds: float = 0.0) -> None:
        self.job = job
        self._grace_seconds = grace_seconds
        self._share, self._doing = 0.0, ""
        self._lock = threading.Lock()
        self._is_cancelled = threading.Event()
        self._has_ended = False

    def __enter__(self) -> Heart:
        """Begin to beat."""
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Write the last status; no beat comes after it."""
        from cnn_core.training.failures import explain_failure

        now = time.time()
        if error is None:
            self._end(JobStatus(state="done", heartbeat=now, share=1.0))
        elif isinstance(error, CancelledError):
            self._end(JobStatus(state="cancelled", heartbeat=now, share=self._share))
            return True
        elif isinstance(error, CnnLabError):
            self._end(JobStatus(state="failed", heartbeat=now, error=str(error)))
        elif isinstance(error, Exception):
            self._end(JobStatus(state="failed", heartbeat=now, error=explain_failure(error, self.job.path)))
        return False

    def tell(self, share: float, doing: str = "") -> None:
        """Note how far the work is; the next beat says it."""
        self._share, self._doing = share, doing

    def should_stop(self) -> bool:
        """Whether somebody wants it no longer."""
        return self._is_cancelled.is_set()

    def _end(self, status: JobStatus) -> None:
        with self._lock:
            self._has_ended = True
            self.job.write_status(status)

    def _beat(self) -> None:
        next_beat, until = 0.0, None
        while not self._has_ended:
            now = time.monotonic()
            if self.job.is_cancelled or not self.job.path.is_dir():
                self._is_cancelled.set()
                until = until or now + self._grace_seconds
                # A thread of its own cannot stop TensorFlow's in an orderly way; nothing is open that would need it.
                if now >= until:
                    os._exit(0)
            elif now >= next_beat:
                next_beat = now + HEARTBEAT_SECONDS
                with self._lock:
                    if self._has_ended:
                        return
                    # The end meets the same trouble, and tells it in the log.
                    with contextlib.suppress(StorageError):
                        self.job.write_status(JobStatus(heartbeat=time.time(), share=self._share, doing=self._doing))
            time.sleep(_LISTEN_SECONDS)
