"""Data: the datasets, one's own among them; what is in each, and what is wrong with it."""

from collections.abc import Callable

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from pages.parts.address import corrections_told
from pages.parts.boundary import errors_told
from pages.parts.data import views
from pages.parts.data.bring_in import bring_in
from pages.parts.data.choose import choose_dataset
from pages.parts.data.duplicates import duplicates
from pages.parts.data.head import head
from pages.parts.data.image_map import image_map
from pages.parts.data.images import images
from pages.parts.data.manage import manage
from pages.parts.data.overview import overview
from pages.parts.data.prepare import prepare
from pages.parts.tab_views import CSS as TABS_CSS

VIEWS: dict[str, Callable[[DatasetCard], None]] = {
    views.OVERVIEW: overview,
    views.IMAGES: images,
    views.MAP: image_map,
    views.DUPLICATES: duplicates,
    views.PREPARE: prepare,
    views.MANAGE: manage,
}

st.title("Data")
with corrections_told():
    card = choose_dataset()
    if card is None:
        bring_in()
    elif head(card):
        st.html(TABS_CSS)
        for tab, name in zip(views.view_tabs(), views.NAMES, strict=True):
            # Only the open one costs time.
            if tab.open:
                with tab, errors_told():
                    VIEWS[name](card)
