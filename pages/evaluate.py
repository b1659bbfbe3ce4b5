"""Evaluate: how good a network is, and which images it got wrong."""

import pandas as pd
import streamlit as st

from cnn_core.evaluation.examples import select_examples
from pages.parts import cached
from pages.parts.choose_run import choose_run
from pages.parts.confusion_matrix import choose_cell
from pages.parts.examples import show_examples
from pages.parts.words import number, percent

st.title("Evaluate")
run = choose_run("report")
report = run.report()
predictions = cached.predictions(run)

with st.container(horizontal=True):
    st.metric("Accuracy", percent(report.accuracy), border=True)
    st.metric("Loss", number(report.loss, 4), border=True)
    st.metric("Precision", percent(report.precision), border=True)
    st.metric("Recall", percent(report.recall), border=True)
    st.metric("F1", percent(report.f1), border=True)
if report.is_test_set_watched:
    st.caption(
        f":material/visibility: {report.test_count:,} test images, **watched every epoch** as the classic tutorials "
        "do: choices made while watching flatter the figures. Precision, recall and F1 are means over the classes."
    )
else:
    st.caption(
        f":material/lock: {report.test_count:,} test images, read once, after the training. Precision, recall and F1 "
        "are means over the classes."
    )

matrix, images = st.columns([6, 5], gap="medium")
with matrix:
    st.subheader("Confusion matrix", anchor=False)
    true, predicted = choose_cell(report)
with images:
    is_diagonal = true is not None and true == predicted
    st.subheader("Rightly classified images" if is_diagonal else "Misclassified images", anchor=False)
    show_examples(
        lambda order: select_examples(predictions, true=true, predicted=predicted, order=order),
        images=cached.test_images(run),
        class_names=report.class_names,
        selection=(run.id, true, predicted),
    )

st.subheader("By class", anchor=False)
share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
st.dataframe(
    pd.DataFrame([row.model_dump() for row in report.per_class]).rename(columns={"name": "class"}),
    hide_index=True,
    column_config={"precision": share, "recall": share, "f1": share},
)
