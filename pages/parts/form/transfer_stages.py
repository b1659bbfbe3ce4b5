"""In the tab "Transfer": first what is new learns, then all of it."""

from __future__ import annotations

import streamlit as st

from cnn_core.config import ImageNetTransfer, RunTransfer
from cnn_core.wording import epochs_in_words
from pages.parts.draft import Draft
from pages.parts.form import fields


def stages(draft: Draft) -> None:
    """Choose how long only what is new learns, and how fast all learns afterwards."""
    transfer, epochs = draft.settings["transfer"], draft.settings["training"]["epochs"]
    section = ImageNetTransfer if transfer["kind"] == "imagenet" else RunTransfer
    fields.number(
        st,
        "First epochs for what is new",
        section,
        "transfer",
        "head_epochs",
        help="So many epochs only what is new learns, so that its first large errors do not spoil the features",
    )
    fields.number(
        st,
        "Fine-tuning rate, % of the rate before",
        section,
        "transfer",
        "fine_tune_rate",
        factor=100,
        step=5,
        format="%.4g",
        help="Afterwards all that is not frozen learns in smaller steps: 10% is usual",
    )
    if transfer["head_epochs"] >= epochs:
        whole = epochs_in_words(epochs)
        st.caption(f"What is new learns for {whole}, which is all: the taken features are never fine-tuned.")
