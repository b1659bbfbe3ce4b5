"""Home: what this is, how things stand, where to go next."""

import pandas as pd
import streamlit as st

from cnn_core.data.catalogue import dataset_card, dataset_names
from cnn_core.data.load import dataset_state
from cnn_core.runs.store import SHOWCASE, active_runs, list_runs, showcase
from cnn_core.runs.summary import best_first, summarise
from pages.parts.address import rooted
from pages.parts.learn.views import NETWORK
from pages.parts.words import duration, moment, percent, plain, run_name

st.title("CNN Lab")
st.markdown(
    "Train a convolutional neural network on pictures, watch it learn, ask it what it got wrong, "
    "and let it classify a picture of your own. Pictures and networks stay on the machine that runs CNN Lab."
)

st.page_link("learn.py", label="New to such networks? Start with Learn", icon=":material/school:")

tested = best_first(map(summarise, list_runs()))
active = active_runs()
card = dataset_card(dataset_names()[0])
data = dataset_state(card.name)
shipped = summarise(showcase())

left, middle, right = st.columns(3)
with left.container(border=True, height="stretch"):
    st.subheader("1 · Train", anchor=False)
    if active:
        run, record, status = active[0]
        st.markdown(
            f":material/autorenew: **{run_name(run, record)}** on {plain(record.data.title)} is {status.state}."
        )
    elif data.state == "ready":
        count = card.train_count + card.test_count
        st.markdown(f"{card.title} is here: {count:,} pictures in {len(card.class_names)} classes. Ready to start.")
    else:
        st.markdown(plain(data.message))
    st.page_link("train.py", label="Train a network", icon=":material/play_circle:")
    st.page_link(
        "data.py",
        label="Bring in your own pictures",
        icon=":material/add_photo_alternate:",
        query_params={"dataset": "bring-in"},
    )
with middle.container(border=True, height="stretch"):
    st.subheader("2 · Evaluate", anchor=False)
    if tested:
        accuracy, dataset = percent(tested[0].test_accuracy), tested[0].dataset
        st.markdown(f"Your best network gets **{accuracy}** of the {dataset} test images right.")
    else:
        st.markdown(
            f"No run of your own yet. The showcase gets **{percent(shipped.test_accuracy)}** of the test images right."
        )
    best = tested[0].id if tested else SHOWCASE
    st.page_link("evaluate.py", label="See what it got wrong", icon=":material/fact_check:", query_params={"run": best})
    inside = {"run": best, "show": NETWORK}
    st.page_link("learn.py", label="Look inside it", icon=":material/network_node:", query_params=inside)
with right.container(border=True, height="stretch"):
    st.subheader("3 · Classify", anchor=False)
    what = "a photo of a shirt, a shoe or a bag" if not tested else "photos"
    which = f"your best network, which knows {plain(tested[0].dataset)}" if tested else "the showcase"
    st.markdown(f"Drop {what}, or draw: see what the network sees, and what it says. Answers come from {which}.")
    st.page_link("classify.py", label="Classify a picture", icon=":material/image_search:", query_params={"run": best})

st.subheader("Best runs", anchor=False)
if not tested:
    st.markdown("Runs that you finish appear here, the most accurate first, a dataset at a time.")
else:
    table = pd.DataFrame(
        {
            "open": [rooted(f"evaluate?run={row.id}") for row in tested],
            "network": [row.network for row in tested],
            "dataset": [row.dataset for row in tested],
            "test accuracy": [percent(row.test_accuracy) for row in tested],
            "parameters": [row.parameters for row in tested],
            "took": [duration(row.seconds) for row in tested],
            "started": [moment(row.created or 0) for row in tested],
            "state": [row.state for row in tested],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "open": st.column_config.LinkColumn("", display_text="Evaluate", width="small"),
            "parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
