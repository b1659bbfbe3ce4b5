"""From the button "Start training" to the run: once for a form that was drawn, however often the button is pressed.

A browser sends a second click while the page of the first one is still being drawn, with the address that it had
before. So a form carries a ticket, which is worth one run; and the page starts it not in the button's callback but in
its body, when all that was typed just before the click is in the draft.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.errors import CnnLabError
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run
from pages.parts.draft import Draft, current_draft, dismiss_note
from pages.parts.form.problems import find_problems

_TICKET, _ASKED, _LAST = "start-ticket", "start-asked", "start-last"
# So long after a start what the browser asks for may be the address of before, and a click one of before: on a busy
# machine a page takes seconds to be drawn.
_LATE_SECONDS = 10.0


@dataclass
class Ticket:
    """What a form that was drawn is worth.

    Attributes:
        run_id: The run that was started with it; ``None``: none yet.
        started: When, as ``time.monotonic`` has it.
        error: Why none could be started.
    """

    run_id: str | None = None
    started: float = 0.0
    error: str = ""

    @property
    def is_fresh(self) -> bool:
        """Whether its run was started a moment ago."""
        return self.run_id is not None and time.monotonic() - self.started < _LATE_SECONDS


@dataclass(frozen=True)
class _Started:
    """What was started last, and with which settings."""

    ticket: Ticket
    config: RunConfig


def ticket() -> Ticket:
    """That of the form which is being drawn."""
    found = st.session_state.get(_TICKET)
    if found is None or found.run_id is not None:
        found = st.session_state[_TICKET] = Ticket()
    return found


def ask_to_start(ticket: Ticket) -> None:
    """Ask for a run; the page starts it. For the callback of the button."""
    st.session_state[_ASKED] = ticket


def start_if_asked() -> None:
    """Start the run that was asked for, if one was, and let the address lead to it. Before anything is drawn."""
    asked: Ticket | None = st.session_state.get(_ASKED)
    if asked is None:
        _mend_address(st.session_state.get(_TICKET))
        return
    draft = current_draft()
    # Another click may interrupt the page wherever it speaks to Streamlit: nowhere within this call.
    _start_once(asked, draft)
    if asked.run_id:
        dismiss_note()
        _lead_to(asked.run_id)
    del st.session_state[_ASKED]


def _start_once(ticket: Ticket, draft: Draft) -> None:
    # What does not fit is told by the form.
    if ticket.run_id or find_problems(draft):
        return
    last: _Started | None = st.session_state.get(_LAST)
    try:
        config = draft.config()
        if last and last.config == config and last.ticket.is_fresh:
            # The form was drawn once more before the second click came: its run is the one that was started.
            ticket.run_id, ticket.started = last.ticket.run_id, last.ticket.started
            return
        run = create_run(config)
        LocalLauncher().start(run)
    except CnnLabError as error:
        ticket.error = str(error)
    else:
        ticket.run_id, ticket.started, ticket.error = run.id, time.monotonic(), ""
        st.session_state[_LAST] = _Started(ticket, config)


def _mend_address(ticket: Ticket | None) -> None:
    address = st.query_params
    if ticket and ticket.is_fresh and address.get("view") == "setup" and address.get("run") != ticket.run_id:
        _lead_to(str(ticket.run_id))


def _lead_to(run_id: str) -> None:
    st.query_params.update({"run": run_id, "view": "watch"})
