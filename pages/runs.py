"""Runs: the queue, all runs in a table, and what can be done with those that are chosen."""

import streamlit as st

from pages.parts.queue_view import queue_view
from pages.parts.run_actions import run_actions
from pages.parts.run_dialogs import open_question
from pages.parts.run_overlay import run_overlay
from pages.parts.run_table import RunRows, choose_runs, keep_up

st.title("Runs")
runs = RunRows()
keep_up(runs)
if not runs.rows:
    with st.container(border=True):
        st.subheader("No runs yet", anchor=False)
        st.markdown(
            "Runs that you start on the Train page are listed here: while they wait, while they train, and after."
        )
        st.page_link("train.py", label="Train a network", icon=":material/play_circle:")
    open_question([])
    st.stop()

queue_view(is_active=runs.is_active)
chosen = choose_runs(runs)
open_question([row.id for row in chosen])
if not chosen:
    st.caption(
        ":material/check_box: Choose runs in the table to compare their curves, to name, clone, resume or delete them."
    )
    st.stop()
run_actions(chosen)
run_overlay(chosen)
