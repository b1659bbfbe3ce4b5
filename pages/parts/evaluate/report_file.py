"""The evaluation as a file of its own, to keep, to send, to print."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnn_core.errors import RunError
from cnn_core.html_report.make import make_report
from pages.parts import cached
from pages.parts.evaluate.subject import Subject


def report_file(subject: Subject) -> None:
    """Say what the file has, and make it when it is asked for."""
    st.markdown(
        "One HTML file with this evaluation: the figures with their interval, how the test set was used, the confusion "
        "matrix, each class, how far the confidence can be believed, the worst mistakes and the most suspicious labels "
        "with their marks, the training, and all settings of the run."
    )
    st.caption(
        "It opens in any browser without a network, in light and dark, and prints well. Its small images are test "
        "images of the dataset: mind who may see them."
    )
    if not st.button("Make the report", type="primary", icon=":material/article:"):
        return
    with st.spinner("Making the report…"):
        content = make_report(subject.run, _images(subject)).encode()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the report",
            content,
            file_name=f"{subject.run.id}-evaluation.html",
            mime="text/html",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(f"{len(content) / 1000:,.0f} kB")


def _images(subject: Subject) -> np.ndarray | None:
    try:
        return cached.test_images(subject.run)
    except RunError:
        # Without the answers image by image there is nothing to show images for; the report says so.
        return None
