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
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.words import plain

_REFRESH_SECONDS = 0.7


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
        with errors_told():
            is_active = self._is_active(config)
            st.fragment(self._now, run_every=_REFRESH_SECONDS if is_active else None)(config, is_active)

    def _is_active(self, config: RunConfig) -> bool:
        probe = find_probe(self.kind, config)
        return probe is not None and probe.is_active

    def _now(self, config: RunConfig, was_active: bool) -> None:
        with errors_told():
            probe = find_probe(self.kind, config)
            is_active = probe is not None and probe.is_active
            # The page has to set another pace.
            if is_active != was_active or self.is_outdated():
                st.rerun()
            if probe is None:
                self.offer(config)
            elif is_active:
                self._under_way(probe)
            elif probe.error:
                st.error(f"{self.failed} {plain(probe.error)}", icon=":material/error:")
                self.start_button(self.again, config)
            else:
                self.result(probe, config)

    def _under_way(self, probe: Probe) -> None:
        is_wide = self.width == "stretch"
        with st.container() if is_wide else st.container(horizontal=True, vertical_alignment="bottom"):
            st.progress(probe.status().share, text=self.doing)
            st.button(
                "Cancel",
                icon=":material/close:",
                on_click=_cancel,
                args=(probe,),
                width=self.width,
                key=f"{self.kind}-cancel",
            )

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


def _cancel(probe: Probe) -> None:
    with errors_toasted():
        probe.cancel()
