"""A run as a Keras script that stands alone, to be read, copied or downloaded."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import RunConfig
from cnn_core.script import script_name, training_script
from cnn_core.script.code import KERAS

# What is below stays within reach of a script of 200 lines.
_HEIGHT = 640


def code_view(config: RunConfig, key: str = "script") -> None:
    """Show the script of a run.

    Args:
        config: The run; a finished one's record, or the draft of a new one.
        key: Of the download button, where a page shows more than one script.

    Raises:
        CnnLabError: There is no script of this run: its network does not fit the images, or the run whose features it
            takes is gone.
    """
    script, name, teachers = training_script(config), script_name(config), config.training.teachers
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.caption(
                f"Trains exactly this with Keras alone: the same images, first weights, batches and steps. Run it with "
                f"`python {name}.py`, after `pip install '{KERAS}' tensorflow scikit-learn`. What is done by "
                "hand while a run trains, such as another learning rate, is not in it."
                + (" It asks the teachers' networks, whose files it names: take them along." * bool(teachers))
            )
        st.download_button(
            "Download",
            script,
            file_name=f"{name}.py",
            mime="text/x-python",
            icon=":material/download:",
            on_click="ignore",
            key=f"{key}-download",
        )
    st.code(script, language="python", line_numbers=True, height=_HEIGHT)
