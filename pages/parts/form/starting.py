"""From the button "Start training" to the run: once for the same settings, however often the button is pressed.

A browser sends a second click while the page of the first one is still being drawn, with the address that it had
before. So the same settings start nothing more for a while; and the page starts a run not in the button's callback but
in its body, when all that was typed just before the click is in the draft.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.errors import CnnLabError
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run
from pages.parts.draft import Draft, current_draft, dismiss_note
from pages.parts.form.problems import find_problems

_KEY = "start"
# So long after a start what the browser asks for may be the address of before, and a click one of before: on a busy
# machine a page takes seconds to be drawn.
_LATE_SECONDS = 10.0
# Streamlit begins to answer a second click while it still answers the first one, in another thread.
_starting = threading.Lock()


@dataclass
class Start:
    """The last start of this session.

    Attributes:
        run_id: The run that was started; ``None``: none yet.
        config: Its settings.
        when: As ``time.monotonic`` has it.
        is_asked: Whether the button was pressed since.
        error: Why none could be started when it was pressed.
    """

    run_id: str | None = None
    config: RunConfig | None = None
    when: float = 0.0
    is_asked: bool = False
    error: str = ""

    @property
    def is_fresh(self) -> bool:
        """Whether the run was started a moment ago."""
        return self.run_id is not None and time.monotonic() - self.when < _LATE_SECONDS


def last_start() -> Start:
    """That of this session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Start()
    found: Start = st.session_state[_KEY]
    return found


def ask_to_start() -> None:
    """Ask for a run; the page starts it. For the callback of the button."""
    last_start().is_asked = True


def start_if_asked() -> None:
    """Start the run that was asked for, if one was, and let the address lead to it. Before anything is drawn."""
    last, draft = last_start(), current_draft()
    if not last.is_asked:
        _mend_address(last)
        return
    # Another click may interrupt the page wherever it speaks to Streamlit: nowhere within this call.
    with _starting:
        has_run = _start(last, draft)
    if has_run:
        _lead_to(str(last.run_id))


def _start(last: Start, draft: Draft) -> bool:
    """Do what was asked. Returns whether there is a run with these settings now."""
    problems = find_problems(draft)
    last.is_asked, last.error = False, ""
    # What does not fit is told by the form.
    if problems:
        return False
    try:
        config = draft.config()
        if not (last.is_fresh and last.config == config):
            run = create_run(config)
            LocalLauncher().start(run)
            last.run_id, last.config, last.when = run.id, config, time.monotonic()
    except CnnLabError as error:
        last.error = str(error)
    return not last.error


def _mend_address(last: Start) -> None:
    address = st.query_params
    if last.is_fresh and address.get("view") == "setup" and address.get("run") != last.run_id:
        _lead_to(str(last.run_id))


def _lead_to(run_id: str) -> None:
    dismiss_note()
    st.query_params.update({"run": run_id, "view": "watch"})
