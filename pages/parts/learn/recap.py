"""What the maps of a later view come from, in one line, and the ways to change it."""

from __future__ import annotations

import streamlit as st

from cnn_core.learn.chain import Chain
from pages.parts.learn.kernel import chosen_kernel
from pages.parts.learn.picture import shown_picture
from pages.parts.learn.steps import chain_of
from pages.parts.learn.views import CONVOLUTION, VIEWS
from pages.parts.words import plain


def recap() -> Chain:
    """Say which picture and which kernel the maps come from, with a way back to them where there is one.

    Raises:
        RunError: The kernel is one that a run has learned, and the run has none.
    """
    picture, kernel = shown_picture(), chosen_kernel()
    chain = chain_of(picture, kernel)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":small[From **{plain(picture.words)}** with the kernel **{plain(kernel.title)}**, stride {chain.stride}, "
            f"padding {chain.padding}.]",
            width="content",
        )
        if CONVOLUTION in VIEWS.shown:
            st.button(
                "Change picture or kernel",
                icon=":material/arrow_back:",
                type="tertiary",
                on_click=VIEWS.open,
                args=(CONVOLUTION,),
                key="to-convolution",
            )
    return chain
