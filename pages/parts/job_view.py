"""Work in the background as a page shows it: offered, under way, failed, done. Every session finds it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import streamlit as st

from cnn_core.jobs.job import Job
from pages.parts.boundary import errors_toasted, errors_told, toast_later
from pages.parts.words import plain

_REFRESH_SECONDS = 0.7

J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class JobView(Generic[J]):
    """How one piece of work is shown, up to date while it is under way.

    Attributes:
        key: Of its widgets; distinct on the page.
        find: The last one of its kind, under way, done or failed; ``None`` where there is none.
        offer: Shows what there is before it was started, a button that starts it among it.
        result: Shows what came out.
        retry: Shows a button that starts it again after it failed.
        doing: What is done while it is under way, where the work itself says nothing.
        failed: What is said before the reason why it failed.
        width: Of the button that cancels it.
        is_outdated: Whether the page has to be drawn anew, as to take over what was chosen.
    """

    key: str
    find: Callable[[], J | None]
    offer: Callable[[], None]
    result: Callable[[J], None]
    retry: Callable[[], None]
    doing: str
    failed: str
    width: Literal["content", "stretch"] = "content"
    is_outdated: Callable[[], bool] = lambda: False

    def show(self) -> None:
        """Show it where it stands."""
        with errors_told():
            # Only what changes by itself is a fragment: a button in one would draw the fragment anew, and not the page.
            if self._is_active():
                st.fragment(self._now, run_every=_REFRESH_SECONDS)(was_active=True)
            else:
                self._now(was_active=False)

    def _is_active(self) -> bool:
        job = self.find()
        return job is not None and job.is_active

    def _now(self, *, was_active: bool) -> None:
        with errors_told():
            job = self.find()
            status = None if job is None else job.status()
            is_active = status is not None and status.state == "working"
            # The page has to set another pace.
            if is_active != was_active or self.is_outdated():
                st.rerun()
            if job is None or status is None:
                self.offer()
            elif is_active:
                self._under_way(job, status.share, status.doing)
            elif status.error:
                st.error(f"{self.failed} {plain(status.error)}", icon=":material/error:")
                self.retry()
            else:
                self.result(job)

    def _under_way(self, job: J, share: float, doing: str) -> None:
        is_wide = self.width == "stretch"
        with st.container() if is_wide else st.container(horizontal=True, vertical_alignment="bottom"):
            # The command line says it behind the name of a run.
            words = doing or self.doing
            st.progress(share, text=plain(words[:1].upper() + words[1:]))
            st.button(
                "Cancel",
                icon=":material/close:",
                on_click=_cancel,
                args=(job,),
                width=self.width,
                key=f"{self.key}-cancel",
            )


def _cancel(job: Job) -> None:
    with errors_toasted():
        if job.cancel():
            toast_later("Cancelled.")
