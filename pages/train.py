"""Train: choose what to train, start it, watch it learn."""

import streamlit as st

from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import active_runs, create_run
from pages.parts.draft import Draft, asked_view, dismiss_note
from pages.parts.form.view import setup_view
from pages.parts.views import choose_view
from pages.parts.watch.view import watch_view


def start(draft: Draft) -> None:
    """Begin a run with the settings of the form, and show it."""
    run = create_run(draft.config())
    LocalLauncher().start(run)
    dismiss_note()
    st.query_params.update({"run": run.id, "view": "watch"})
    st.rerun()


title, choice = st.columns([3, 2], vertical_alignment="bottom")
title.title("Train")
with choice, st.container(horizontal=True, horizontal_alignment="right"):
    is_watching = "run" in st.query_params or bool(active_runs())
    view = choose_view(asked=asked_view(), default="watch" if is_watching else "setup")
if view == "setup":
    setup_view(start)
else:
    watch_view()
