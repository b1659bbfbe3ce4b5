"""The head of the Data page: what the dataset is, and whether it is here."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.load import dataset_state
from pages.parts.words import plain


def head(card: DatasetCard) -> bool:
    """Show what is known of a dataset. Returns whether its images are here."""
    if card.description:
        st.markdown(plain(card.description))
    size = f"{card.height}×{card.width}, {'grey' if card.channels == 1 else 'colour'}"
    st.caption(
        f"{card.train_count:,} training and {card.test_count:,} test images · {len(card.class_names):,} classes · {size}"
    )
    state = dataset_state(card.name)
    if state.state != "ready":
        st.warning(plain(state.message), icon=":material/download:")
        return False
    return True
