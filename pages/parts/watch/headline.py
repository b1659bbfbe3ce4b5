"""In a line: what the run does now, or how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from cnn_core.runs.directory import Run
from cnn_core.runs.events import Event
from cnn_core.runs.progress import Progress
from cnn_core.runs.record import RunStatus
from cnn_core.wording import epochs_in_words
from pages.parts.words import duration, percent, plain

_PHASES = {
    "waiting": "Waiting for its turn",
    "starting": "Starting: loading TensorFlow and the images",
    "downloading": "Downloading the dataset",
    "asking": "Asking the teacher networks about the training images",
    "training": "Training",
    "evaluating": "Reading the test images",
    "done": "Done",
}
_WITH_SHARE = ("downloading", "asking")


def now(run: Run, status: RunStatus, progress: Progress, events: Sequence[Event]) -> None:
    """Show what an active run does, and how far it is."""
    share = status.share if status.phase in _WITH_SHARE else progress.share
    st.progress(share or 0.0, text=_doing(run, status, progress, events))


def outcome(run: Run, status: RunStatus, events: Sequence[Event]) -> None:
    """Show how a run ended."""
    if status.state == "failed":
        _failure(run, status)
    elif not run.has_report:
        st.info(_without_result(run, status), icon=":material/stop_circle:")
    else:
        _result(run, status, events)


def _doing(run: Run, status: RunStatus, progress: Progress, events: Sequence[Event]) -> str:
    within = f", step {progress.step} of {progress.steps}" if progress.steps else ""
    place = f"epoch {progress.epoch} of {progress.epochs}{within}" if progress.epoch else ""
    if status.state == "paused":
        if not run.requests.has_pause:
            return f"Resuming: waits for its turn to go on at {place}"
        return f"**Paused** at {place}{_since(events)}. It uses no processor, and survives a restart of the server."
    if status.phase in _WITH_SHARE and status.share is not None:
        return f"{_PHASES[status.phase]}: {status.share:.0%}"
    if status.phase != "training" or not place:
        return _PHASES[status.phase]
    left = "" if progress.seconds_left is None else f" · {duration(progress.seconds_left)} left"
    speed = "" if progress.images_per_second is None else f" · {progress.images_per_second:,.0f} images a second"
    rate = "" if progress.learning_rate is None else f" · learning rate {progress.learning_rate:.3g}"
    return f"Training: {place}{left}{speed}{rate}"


def _since(events: Sequence[Event]) -> str:
    paused = [event.time for event in events if event.action == "paused"]
    return f" since {time.strftime('%H:%M', time.localtime(paused[-1]))}" if paused else ""


def _failure(run: Run, status: RunStatus) -> None:
    st.error(plain(status.error or "The run failed."), icon=":material/error:")
    if log := run.log():
        with st.expander("What the worker printed", icon=":material/terminal:"):
            st.code(log, language=None, wrap_lines=True, height=300)


def _without_result(run: Run, status: RunStatus) -> str:
    epochs = len(run.history())
    if not epochs and not run.has_checkpoint:
        return "Stopped before it had learned anything. **Start from the beginning** trains it with the same settings."
    learned = f"{epochs} of {epochs_in_words(status.epochs)}" if epochs else "a part of its first epoch"
    if run.has_checkpoint:
        return f"Stopped after {learned}, before it was tested. **Resume** goes on from there."
    return f"Stopped after {learned}, before it was tested. It has no checkpoint to go on from: it starts anew."


def _result(run: Run, status: RunStatus, events: Sequence[Event]) -> None:
    report = run.stored_report()
    result = f"**{percent(report.accuracy)}** of {report.test_count:,} test images right"
    kept = f"the weights of epoch {report.best_epoch}" if report.best_epoch else "what it had learned until then"
    if status.state == "stopped":
        when = f"in epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}, after {duration(status.seconds)}"
        st.info(f"Stopped {when}. It keeps {kept}: {result}.", icon=":material/stop_circle:")
        return
    early = ""
    if events and events[-1].action == "early-stopped":
        early = f" Early stopping ended it in epoch {events[-1].epoch} of {status.epochs}."
    st.success(
        f"Finished after {duration(status.seconds)}: {result}, with {kept}.{early}", icon=":material/check_circle:"
    )
