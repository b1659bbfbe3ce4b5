"""The views of a page as tabs, and which parameters of the address belong to which.

A view's choices are in the address while it is open. They wait in the session while another one is, so that the way
back is not lost, and the address says nothing that is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.parts.address import Values, change, correct, one_of

# In a narrow window the tabs take two rows: one that is hidden at the side is not found.
CSS = """
<style>
@media (max-width: 40rem) { [data-testid="stTabs"] [role="tablist"] { flex-wrap: wrap; overflow: visible; } }
</style>
"""

# The parameter that names the open view.
SHOWN = "show"


class TabViews:
    """The views of one page.

    Args:
        page: Names it among all pages, for what waits in the session.
        parameters: The parameters of each view, by its name; the first view is the one that opens where nothing is
            asked for. What is in no view's list stays whatever view is opened.
        leaving: Parameters that go whenever a view is opened.
        first_choices: What a view that waits for nothing opens with.
        shown: Which of the views there are now, in their order, at least one; all of them where it is not given.
    """

    def __init__(
        self,
        page: str,
        parameters: Mapping[str, Sequence[str]],
        *,
        leaving: Sequence[str] = (),
        first_choices: Callable[[str], Mapping[str, Values]] = lambda _: {},
        shown: Callable[[Sequence[str]], Sequence[str]] = lambda names: names,
    ) -> None:
        self._parameters = parameters
        self._leaving = leaving
        self._first_choices = first_choices
        self._shown = shown
        self._waiting = f"choices-of-the-other-views-of-{page}"

    @property
    def names(self) -> tuple[str, ...]:
        """The views, in the order of their tabs."""
        return tuple(self._parameters)

    @property
    def shown(self) -> tuple[str, ...]:
        """The views that there are now, in the order of their tabs."""
        return tuple(self._shown(self.names))

    def asked(self) -> str:
        """Which view the address asks for; the first of those that there are where it asks for none of them."""
        shown = self.shown
        asked = st.query_params.get(SHOWN)
        if asked in self.names and asked not in shown:
            correct(SHOWN, None, f"the view “{asked}” is not shown here")
            return shown[0]
        return one_of(SHOWN, shown, default=shown[0])

    def tabs(self) -> list[st.delta_generator.DeltaGenerator]:
        """The tabs, each of a view of :attr:`shown`; the one that the address asks for is open."""
        st.session_state[SHOWN] = self.asked()
        return list(st.tabs(list(self.shown), key=SHOWN, on_change=self._open_chosen))

    def open(self, view: str, **choices: Values) -> None:
        """Open a view; for callbacks.

        Args:
            view: One of :attr:`shown`.
            choices: Parameters of it. Without any, it opens as it was left.
        """
        waiting = st.session_state.setdefault(self._waiting, {})
        before = self.asked()
        waiting[before] = {name: st.query_params.get_all(name) for name in self._parameters[before]}
        asked: dict[str, Values] = dict.fromkeys(name for names in self._parameters.values() for name in names)
        asked |= choices or waiting.get(view) or self._first_choices(view)
        change({**asked, **dict.fromkeys(self._leaving), SHOWN: None if view == self.shown[0] else view})

    def choices_of(self, view: str) -> tuple[str, ...]:
        """The parameters that belong to a view alone, or to it and to others, and go when another one is opened."""
        return tuple(self._parameters[view])

    def forget(self) -> None:
        """Let the other views open as if they had not been; for callbacks."""
        st.session_state.pop(self._waiting, None)

    def _open_chosen(self) -> None:
        self.open(st.session_state[SHOWN])
