"""The views of a page as tabs, and which parameters of the address belong to which.

A view's choices are in the address while it is open. They wait in the session while another one is, so that the way
back is not lost, and the address says nothing that is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.parts.address import Values, change, one_of

# In a narrow window the tabs take two rows: one that is hidden at the side is not found.
CSS = """
<style>
@media (max-width: 40rem) { [data-testid="stTabs"] [role="tablist"] { flex-wrap: wrap; overflow: visible; } }
</style>
"""

_SHOWN = "show"


class TabViews:
    """The views of one page.

    Args:
        page: Names it among all pages, for what waits in the session.
        parameters: The parameters of each view, by its name; the first view is the one that opens where nothing is
            asked for. What is in no view's list stays whatever view is opened.
        leaving: Parameters that go whenever a view is opened.
        first_choices: What a view that waits for nothing opens with.
    """

    def __init__(
        self,
        page: str,
        parameters: Mapping[str, Sequence[str]],
        *,
        leaving: Sequence[str] = (),
        first_choices: Callable[[str], Mapping[str, Values]] = lambda _: {},
    ) -> None:
        self._parameters = parameters
        self._leaving = leaving
        self._first_choices = first_choices
        self._waiting = f"choices-of-the-other-views-of-{page}"

    @property
    def names(self) -> tuple[str, ...]:
        """The views, in the order of their tabs."""
        return tuple(self._parameters)

    def asked(self) -> str:
        """Which view the address asks for."""
        return one_of(_SHOWN, self.names, default=self.names[0])

    def tabs(self) -> list[st.delta_generator.DeltaGenerator]:
        """The tabs, a view each; the one that the address asks for is open."""
        st.session_state[_SHOWN] = self.asked()
        return list(st.tabs(list(self.names), key=_SHOWN, on_change=self._open_chosen))

    def open(self, view: str, **choices: Values) -> None:
        """Open a view; for callbacks.

        Args:
            view: One of :attr:`names`.
            choices: Parameters of it. Without any, it opens as it was left.
        """
        waiting = st.session_state.setdefault(self._waiting, {})
        before = self.asked()
        waiting[before] = {name: st.query_params.get_all(name) for name in self._parameters[before]}
        asked: dict[str, Values] = dict.fromkeys(name for names in self._parameters.values() for name in names)
        asked |= choices or waiting.get(view) or self._first_choices(view)
        change({**asked, **dict.fromkeys(self._leaving), _SHOWN: None if view == self.names[0] else view})

    def forget(self) -> None:
        """Let the other views open as if they had not been; for callbacks."""
        st.session_state.pop(self._waiting, None)

    def _open_chosen(self) -> None:
        self.open(st.session_state[_SHOWN])
