"""A measurement in the background as a page shows it: offered, under way, failed, done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.runs.probe import Probe
from cnn_core.runs.probe_key import ProbeKind
from cnn_core.runs.probes import find_probe, start_probe
from pages.parts.boundary import errors_toasted
from pages.parts.job_view import JobView


@dataclass(frozen=True)
class ProbeView:
    """How the measurements of one kind are shown. They are found again by every session that shows such settings.

    Attributes:
        again: Label of the button that measures once more.
        icon: Of the button that starts it.
        doing: What is done while it is under way.
        failed: What is said before the reason why it failed.
        width: Of the buttons.
        offer: Shows what there is before the first measurement, :meth:`start_button` among it.
        result: Shows what was measured, :meth:`again_button` among it.
        is_outdated: Whether the page has to be drawn anew, as to take over what was chosen.
    """

    kind: ProbeKind
    again: str
    icon: str
    doing: str
    failed: str
    width: Literal["content", "stretch"]
    offer: Callable[[RunConfig], None]
    result: Callable[[Probe, RunConfig], None]
    is_outdated: Callable[[], bool] = lambda: False

    def show(self, config: RunConfig) -> None:
        """Show the last measurement for these settings, or offer one; up to date while it is under way.

        Args:
            config: The settings, which fit together.
        """
        JobView(
            key=self.kind,
            find=lambda: find_probe(self.kind, config),
            offer=lambda: self.offer(config),
            result=lambda probe: self.result(probe, config),
            retry=lambda: self.start_button(self.again, config),
            doing=self.doing,
            failed=self.failed,
            width=self.width,
            is_outdated=self.is_outdated,
        ).show()

    def start_button(self, label: str, config: RunConfig, *, disabled: bool = False, help: str | None = None) -> None:
        """Offer to measure."""
        st.button(
            label,
            icon=self.icon,
            on_click=self._start,
            args=(config,),
            width=self.width,
            disabled=disabled,
            help=help,
            key=f"{self.kind}-start",
        )

    def again_button(self, config: RunConfig) -> None:
        """Offer to measure once more, beside a result."""
        st.button(
            self.again,
            icon=":material/refresh:",
            type="tertiary",
            on_click=self._start,
            args=(config,),
            key=f"{self.kind}-start",
        )

    def _start(self, config: RunConfig) -> None:
        with errors_toasted():
            start_probe(self.kind, config, again=True)
