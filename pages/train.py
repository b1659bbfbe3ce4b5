"""Train: choose what to train, start it, watch it learn."""

import streamlit as st

from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.store import create_run
from pages.parts.training_form import training_form
from pages.parts.training_view import training_view

st.title("Train")
form, view = st.columns([2, 5], gap="medium")
with form:
    config = training_form()
    if config is not None and st.button(
        "Start training", type="primary", width="stretch", icon=":material/play_arrow:"
    ):
        run = create_run(config)
        LocalLauncher().start(run)
        st.query_params["run"] = run.id
        st.rerun()
with view:
    training_view()
