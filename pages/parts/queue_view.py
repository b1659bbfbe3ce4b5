"""The queue: what trains, what waits in which order, and how many may train at once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnn_core.runs.capacity import CORES_PER_RUN, WORKER_BYTES
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.progress import measure_progress
from cnn_core.runs.queue import capacity, chosen_at_once, move_in_queue, set_runs_at_once
from cnn_core.runs.queue_file import MOST_AT_ONCE
from cnn_core.runs.record import RunStatus
from cnn_core.runs.store import active_runs
from cnn_core.runs.summary import summarise
from pages.parts import cached
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.words import amount, duration, plain

_REFRESH_SECONDS = 1.5
_AT_ONCE = "at-once"
_AUTOMATIC = 0


def queue_view(*, is_active: bool) -> None:
    """Show the queue, up to date while something trains or waits.

    Args:
        is_active: Whether something does.
    """
    st.subheader("Queue", anchor=False)
    st.fragment(_queue, run_every=_REFRESH_SECONDS if is_active else None)()


def _queue() -> None:
    with errors_told():
        active = active_runs()
        under_way = [(run, status) for run, _, status in active if status.state != "queued"]
        queued = [run for run, _, status in active if status.state == "queued"]
        if not active:
            st.caption("Nothing trains and nothing waits.")
        else:
            with st.container(border=True):
                for run, status in under_way:
                    _under_way(run, status)
                for place, run in enumerate(queued):
                    _waiting(run, place, len(queued))
        _at_once()


def _under_way(run: Run, status: RunStatus) -> None:
    progress = measure_progress(status, cached.steps(run), cached.follower(run).history())
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.progress(progress.share, text=f"**{_name(run)}** · {_doing(run, status, progress.seconds_left)}")
        with st.container(horizontal=True, width="content"):
            is_pausing, is_stopping = run.requests.has_pause, run.requests.has_stop
            is_late = not status.can_be_stopped
            if is_pausing or status.state == "paused":
                # Taken back, the pause lasts until a turn is free.
                _button("Go on", ":material/play_arrow:", run, run.requests.resume, disabled=not is_pausing or is_late)
            else:
                cannot = is_stopping or not status.can_be_paused
                _button("Pause", ":material/pause:", run, run.requests.pause, disabled=cannot)
            _button("Stop", ":material/stop:", run, lambda: LocalLauncher().stop(run), disabled=is_stopping or is_late)


def _doing(run: Run, status: RunStatus, seconds_left: float | None) -> str:
    epoch = f"epoch {status.epoch} of {status.epochs}" if status.epoch else "starting"
    if status.phase == "evaluating":
        return "reading the test images"
    if run.requests.has_stop:
        return f"stopping, {epoch}"
    if status.state == "paused":
        return f"paused, {epoch}" if run.requests.has_pause else f"goes on as soon as it is its turn, {epoch}"
    if run.requests.has_pause:
        return f"pausing, {epoch}"
    return epoch if seconds_left is None else f"{epoch} · {duration(seconds_left)} left"


def _waiting(run: Run, place: int, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        cancelled = ", being cancelled" if run.requests.has_stop else ""
        st.markdown(f"{place + 1} · **{_name(run)}** waits{cancelled}", width="stretch")
        with st.container(horizontal=True, width="content"):
            _button("First", ":material/vertical_align_top:", run, lambda: move_in_queue(run, 0), disabled=place == 0)
            _button("Up", ":material/arrow_upward:", run, lambda: _shift(run, -1), disabled=place == 0)
            _button("Down", ":material/arrow_downward:", run, lambda: _shift(run, 1), disabled=place == count - 1)
            _button(
                "Cancel", ":material/close:", run, lambda: LocalLauncher().stop(run), disabled=run.requests.has_stop
            )


def _shift(run: Run, by: int) -> None:
    # The order of now, not the one that was on the screen: somebody else may have changed it.
    queued = [other.id for other, _, status in active_runs() if status.state == "queued"]
    move_in_queue(run, queued.index(run.id) + by if run.id in queued else 0)


def _button(label: str, icon: str, run: Run, act: Callable[[], None], *, disabled: bool) -> None:
    st.button(
        label, icon=icon, disabled=disabled, on_click=_told, args=(act,), key=f"{label}-{run.id}", type="tertiary"
    )


def _told(act: Callable[[], None]) -> None:
    with errors_toasted():
        act()


def _name(run: Run) -> str:
    row = summarise(run)
    return f"{plain(row.title)}** on **{row.dataset}"


def _at_once() -> None:
    now = capacity()
    # Set before it is drawn: somebody else may have chosen another number.
    st.session_state[_AT_ONCE] = chosen_at_once() or _AUTOMATIC
    st.selectbox(
        "Train at once",
        range(_AUTOMATIC, MOST_AT_ONCE + 1),
        format_func=lambda count: (
            f"As many as this machine carries: {now.count}" if count == _AUTOMATIC else f"{count}"
        ),
        key=_AT_ONCE,
        on_change=_set_at_once,
        width=340,
        help="For all who use this folder of runs. With fewer than train now, these finish and the next ones wait.",
    )
    st.caption(
        f"A run uses up to {CORES_PER_RUN} cores, and there are {now.cores} here; it takes about "
        f"{amount(WORKER_BYTES, 'B')} of memory, of which {amount(now.free_bytes, 'B')} are free."
    )


def _set_at_once() -> None:
    with errors_toasted():
        set_runs_at_once(st.session_state[_AT_ONCE] or None)
