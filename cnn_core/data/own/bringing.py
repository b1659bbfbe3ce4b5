"""Pictures are brought in by a process of their own, which outlives the page that asked for it."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict

from cnn_core.data.own.bring import Progress, bring_in
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.settings import OwnSettings, own_settings
from cnn_core.data.own.staging import check_still_allowed, staged_in
from cnn_core.errors import RunError
from cnn_core.jobs.job import Job
from cnn_core.jobs.work import CancelledError, Work

# Reading the names of half a million files takes a while: the bar does not stand at its end then.
_SHARE_OF_READING = 0.98


class BroughtIn(BaseModel):
    """What came out.

    Attributes:
        name: Of the dataset.
        classes: How many it has.
        left_out: How many files are not in it.
        seconds: How long it took.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    train_count: int
    test_count: int
    classes: int
    left_out: int
    seconds: float


def bring_in_staged(work: Work) -> BroughtIn:
    """Bring in what lies in a job's directory. What was uploaded is deleted, unless it failed and may be tried again.

    Raises:
        CancelledError: Somebody wants it no longer. Nothing is left behind.
        DatasetError: It cannot be made a dataset of.
        StorageError: The disk is full.
        RunError: There is nothing to bring in.
    """
    request, started = work.job.job_request(), time.perf_counter()
    staged = staged_in(work.job.path, request.key)
    if staged is None:
        raise RunError(f"In '{work.job.path}' there is nothing to bring in. Choose the pictures again.")
    check_still_allowed(staged)
    work.tell(0.0, "Reading the names of the files")
    source = staged.open()
    layout = read_layout(source)
    try:
        card = bring_in(
            source,
            layout,
            asked_settings(work.job),
            on_progress=lambda progress: work.tell(_SHARE_OF_READING * progress.share, told(progress)),
            should_stop=work.should_stop,
        )
    except CancelledError:
        staged.discard()
        raise
    staged.discard()
    return BroughtIn(
        name=card.name,
        title=card.title,
        train_count=card.train_count,
        test_count=card.test_count,
        classes=len(card.class_names),
        left_out=card.left_out,
        seconds=time.perf_counter() - started,
    )


def asked_settings(job: Job) -> OwnSettings:
    """The settings that a job was started with.

    Raises:
        ConfigError: They are of another version.
        RunError: The job cannot be read.
    """
    return own_settings(job.job_request().settings["settings"])


def told(progress: Progress) -> str:
    """How far it is, in words: "1,200 of 60,000 pictures, 3,100 a second, 19 s left"."""
    left = (progress.total - progress.done) / max(progress.pace, 1e-9)
    soon = f", {left:,.0f} s left" if left >= 1 else ""
    return f"{progress.done:,} of {progress.total:,} pictures, {progress.pace:,.0f} a second{soon}"
