"""What a person can ask of a run while it is active: pause, resume, stop, another learning rate."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnn_core.config import TrainingConfig, limits
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.progress import Progress
from cnn_core.runs.record import RunStatus
from pages.parts.boundary import errors_toasted

_ASKED_RATE = "watch-asked-rate"


def controls(run: Run, status: RunStatus, progress: Progress) -> None:
    """Show the buttons of an active run. Each says at once what was asked for, whoever asked."""
    with st.container(horizontal=True, vertical_alignment="center", key="watch-controls"):
        _pause_or_resume(run, status)
        _stop(run, status)
        _learning_rate(run, status, progress)
        if status.state == "queued":
            st.page_link("runs.py", label="See the queue", icon=":material/low_priority:")


def _pause_or_resume(run: Run, status: RunStatus) -> None:
    is_asked, is_paused = run.requests.has_pause, status.state == "paused"
    # One place and one key: what was "Pause" under the pointer is "Pausing…", then "Resume".
    if is_asked:
        label, icon = ("Resume", "play_arrow") if is_paused else ("Pausing…", "hourglass_top")
    else:
        label, icon = ("Resuming…", "hourglass_top") if is_paused else ("Pause", "pause")
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if label == "Resume" else "secondary",
        disabled=not status.can_be_paused or label.endswith("…") or run.requests.has_stop,
        on_click=_ask,
        args=(run.requests.resume if is_asked else run.requests.pause,),
        help="Waits after this batch and gives its processor and its turn to others. Nothing is lost."
        if label == "Pause"
        else None,
        key=f"pause-{run.id}",
    )


def _stop(run: Run, status: RunStatus) -> None:
    is_asked = run.requests.has_stop
    st.button(
        "Stopping…" if is_asked else "Stop",
        icon=":material/stop:",
        disabled=is_asked or not status.can_be_stopped,
        on_click=_ask,
        args=(lambda: LocalLauncher().stop(run),),
        help="Ends after this batch. The best epoch so far is kept and tested.",
        key=f"stop-{run.id}",
    )


def _learning_rate(run: Run, status: RunStatus, progress: Progress) -> None:
    rate = progress.learning_rate
    is_possible = status.phase == "training" and rate is not None and not run.requests.has_stop
    popover = st.popover(
        # Always the same words: with others it would be another popover, and closed.
        "Learning rate",
        icon=":material/speed:",
        disabled=not is_possible,
        on_change="rerun",
        key=f"rate-open-{run.id}",
        help="Change it while the run trains.",
    )
    # Drawn when it is opened: the box then begins with the rate of that moment, and keeps what is typed.
    if not popover.open or rate is None:
        st.session_state.pop(_ASKED_RATE, None)
        return
    with popover:
        _rate_box(run, rate)


def _rate_box(run: Run, rate: float) -> None:
    low, high = limits(TrainingConfig, "learning_rate")
    key = f"rate-{run.id}"
    st.number_input(
        "New learning rate",
        value=float(f"{rate:.3g}"),
        step=float(f"{rate / 2:.1g}"),
        format="%g",
        key=key,
        help=f"Greater than {low:g}, at most {high:g}.",
    )
    st.caption("The rest of the schedule is scaled, so that the rate has this value now and goes on in the same shape.")
    st.button(
        "Set", type="primary", icon=":material/check:", on_click=_ask_rate, args=(run, key), key=f"rate-set-{run.id}"
    )
    if asked := st.session_state.get(_ASKED_RATE):
        st.success(asked, icon=":material/check:")


def _ask_rate(run: Run, key: str) -> None:
    rate = st.session_state[key]
    with errors_toasted():
        run.requests.change_learning_rate(rate)
        st.session_state[_ASKED_RATE] = f"Asked for {rate:g}: it holds from the next batch."


def _ask(request: Callable[[], None]) -> None:
    with errors_toasted():
        request()
