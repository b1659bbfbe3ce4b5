"""What was found in a source, kept for all who look at it."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.own.staging import Staged
from cnn_core.data.own.survey import Survey, survey


def surveyed(staged: Staged) -> Survey:
    """What a source holds, looked at once.

    Raises:
        DatasetError: It is no dataset, or no longer there.
    """
    # A folder on the server may change.
    return _survey(staged.token, staged.changed, _staged=staged)


# The pictures that are shown take up to 40 MB each time.
@st.cache_resource(max_entries=4, show_spinner="Looking at the pictures…")
def _survey(token: str, changed: int, _staged: Staged) -> Survey:  # noqa: ARG001 - the cache's key
    return survey(_staged.open())
