"""The views of a page as tabs, and which parameters of the address belong to which.

A view's choices are in the address while it is open. They wait in the session while another one is, so that the way
back is not lost, and the address says nothing that is not shown. What was chosen for something that has changed since
waits no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.address import Values, change, correct, one_of
from pages.parts.tab_focus import keep_tab_focus

# In a narrow window the tabs take two rows: one that is hidden at the side is not found.
CSS = """
<style>
@media (max-width: 40rem) { [data-testid="stTabs"] [role="tablist"] { flex-wrap: wrap; overflow: visible; } }
</style>
"""

# The parameter that names the open view.
SHOWN = "show"


@dataclass(frozen=True)
class _Waiting:
    """The values of a parameter, and what other parameters must say for it to come back."""

    values: Sequence[str]
    chosen_for: Mapping[str, Sequence[str]]

    @property
    def is_as_then(self) -> bool:
        return _asked_for(self.chosen_for) == self.chosen_for


def _asked_for(names: Iterable[str]) -> dict[str, Sequence[str]]:
    return {name: st.query_params.get_all(name) for name in names}


class TabViews:
    """The views of one page.

    Args:
        page: Names it among all pages, for what waits in the session.
        parameters: The parameters of each view, by its name; the first view is the one that opens where nothing is
            asked for. What is in no view's list stays whatever view is opened.
        leaving: Parameters that go whenever a view is opened.
        first_choices: What a view that waits for nothing opens with.
        shown: Which of the views there are now, in their order, at least one; all of them where it is not given.
        chosen_for: For a view's parameters those that they were chosen for, by the name of the view: once one of these
            has changed, the parameter waits no longer.
    """

    def __init__(
        self,
        page: str,
        parameters: Mapping[str, Sequence[str]],
        *,
        leaving: Sequence[str] = (),
        first_choices: Callable[[str], Mapping[str, Values]] = lambda _: {},
        shown: Callable[[Sequence[str]], Sequence[str]] = lambda names: names,
        chosen_for: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    ) -> None:
        self._parameters = parameters
        self._leaving = leaving
        self._first_choices = first_choices
        self._shown = shown
        self._chosen_for = chosen_for or {}
        self._of_views = frozenset(name for names in parameters.values() for name in names)
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
        keep_tab_focus()
        st.session_state[SHOWN] = self.asked()
        return list(st.tabs(list(self.shown), key=SHOWN, on_change=self._open_chosen))

    def open(self, view: str, *, is_for_now: bool = False, **choices: Values) -> None:
        """Open a view; for callbacks.

        Args:
            view: One of :attr:`shown`.
            is_for_now: Whether the choices that hold in all views are taken back when one comes back to the view that
                is left. Where one of them was changed by then, all stay.
            choices: Parameters of it. Without any, it opens as it was left.
        """
        waiting: dict[str, dict[str, _Waiting]] = st.session_state.setdefault(self._waiting, {})
        before = self.asked()
        waiting[before] = self._left(before) | (self._taken_back(choices) if is_for_now else {})
        back = {name: one.values for name, one in waiting.get(view, {}).items() if one.is_as_then}
        asked: dict[str, Values] = {**dict.fromkeys(self._of_views), **(choices or back or self._first_choices(view))}
        change({**asked, **dict.fromkeys(self._leaving), SHOWN: None if view == self.shown[0] else view})

    def _left(self, view: str) -> dict[str, _Waiting]:
        chosen_for = self._chosen_for.get(view, {})
        asked = _asked_for(self._parameters[view])
        return {name: _Waiting(values, _asked_for(chosen_for.get(name, ()))) for name, values in asked.items()}

    def _taken_back(self, choices: Mapping[str, Values]) -> dict[str, _Waiting]:
        held = {name: value for name, value in choices.items() if name not in self._of_views}
        then = {name: [value] if isinstance(value, str) else [*(value or ())] for name, value in held.items()}
        return {name: _Waiting(values, then) for name, values in _asked_for(held).items()}

    def choices_of(self, view: str) -> tuple[str, ...]:
        """The parameters that belong to a view alone, or to it and to others, and go when another one is opened."""
        return tuple(self._parameters[view])

    def forget(self) -> None:
        """Let the other views open as if they had not been; for callbacks."""
        st.session_state.pop(self._waiting, None)

    def _open_chosen(self) -> None:
        self.open(st.session_state[SHOWN])
