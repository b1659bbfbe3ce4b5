"""Train: choose what to train, start it, watch it learn."""

import streamlit as st

from cnn_core.runs.store import active_runs
from pages.parts.draft import asked_view
from pages.parts.form.starting import start_if_asked
from pages.parts.form.view import setup_view
from pages.parts.views import choose_view
from pages.parts.watch.view import watch_view

start_if_asked()
title, choice = st.columns([3, 2], vertical_alignment="bottom")
title.title("Train")
with choice, st.container(horizontal=True, horizontal_alignment="right"):
    is_watching = "run" in st.query_params or bool(active_runs())
    view = choose_view(asked=asked_view(), default="watch" if is_watching else "setup")
if view == "setup":
    setup_view()
else:
    watch_view()
