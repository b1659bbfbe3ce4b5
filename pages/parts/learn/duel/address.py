"""What the address says of a duel: its runs, and how they are looked at."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnn_core.duel.contest import CORNERS, Standing, newest_duel, standing
from cnn_core.errors import CnnLabError
from cnn_core.runs.store import find_run
from pages.parts.address import change
from pages.parts.words import plain

DATASET, EQUAL, AXIS, CHANGE, COMPARE, SAMPLE = "dataset", "equal", "axis", "change", "compare", "sample"
WITH_CONTROL = "control"
# The two runs that are compared where they are no duel.
FIRST, SECOND = "a", "b"
DUEL, CONTROL, OWN = "duel", "control", "own"
_CHOICES = (DATASET, EQUAL, WITH_CONTROL, AXIS, CHANGE, COMPARE, SAMPLE, FIRST, SECOND)
PARAMETERS = (*(corner.name for corner in CORNERS), *_CHOICES)


def corners_asked() -> dict[str, str]:
    """The ids of the duel's runs by the name of their corner: those in the address, else those of the newest duel."""
    names = [corner.name for corner in CORNERS]
    asked = {name: st.query_params[name] for name in names if st.query_params.get(name)}
    if not asked:
        keep_in_address(newest_duel())
    return asked


def keep_in_address(shown: Mapping[str, str]) -> None:
    """Write what is shown into the address where it says nothing of it, so that a link goes on showing that.

    Then the page is drawn anew: the teacher's link, on top, is made of the address.
    """
    missing = {name: value for name, value in shown.items() if not st.query_params.get(name)}
    if missing:
        change(missing)
        st.rerun()


def standings_of(ids: Mapping[str, str], *, is_told: bool = True) -> dict[str, Standing]:
    """How the runs stand; one that cannot be shown is left out, and why is said where that is asked for."""
    found = {}
    for corner in CORNERS:
        if corner.name not in ids:
            continue
        try:
            found[corner.name] = standing(corner, find_run(ids[corner.name]))
        except CnnLabError as error:
            if is_told:
                st.error(f"**{corner.title}:** {plain(str(error))}", icon=":material/error:")
    return found
