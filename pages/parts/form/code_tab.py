"""The tab "Code": the run as a Keras script that stands alone."""

from __future__ import annotations

import streamlit as st

from cnn_core.script import script_name, training_script
from pages.parts.draft import Draft
from pages.parts.form.problems import Problem


def code_tab(draft: Draft, problems: list[Problem]) -> None:
    """Show the script, to be copied or downloaded."""
    if problems:
        st.info("A script needs settings that fit together: see what is said beside **Start training**.")
        return
    script = training_script(draft.valid)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "A Keras script that trains exactly this: same images, network, first weights, batches and steps. It needs "
            "Keras with TensorFlow, NumPy and scikit-learn, nothing of CNN Lab."
        )
        st.download_button(
            "Download",
            script,
            file_name=f"{script_name(draft.valid)}.py",
            mime="text/x-python",
            icon=":material/download:",
            on_click="ignore",
            key="script-download",
        )
    st.code(script, language="python", line_numbers=True)
