"""Links for pupils: the page as it stands, with what is not for today left out."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.parts.address import Values, change, rooted
from pages.parts.learn.mode import ONLY, PAGES, PARTS, TEXT, TRIES, WITHOUT, in_address, is_left_out, short_name
from pages.parts.learn.picture import is_not_in_address
from pages.parts.learn.views import VIEWS
from pages.parts.tab_views import SHOWN

_WORDS = {TEXT: "The texts", TRIES: "The buttons to try things", PAGES: "The menu of the other pages"}


def teachers_link() -> None:
    """Show what makes a link for pupils; to who came by such a link, the way to the whole page."""
    if len(VIEWS.shown) < len(VIEWS.names) or any(map(is_left_out, PARTS)):
        st.button(
            "Show everything",
            icon=":material/unfold_more:",
            type="tertiary",
            help="This link shows a part of the page.",
            on_click=_show_everything,
            key="show-everything",
        )
        return
    with st.popover("Teacher’s link", icon=":material/link:", key="teachers-link"):
        _form()


@st.fragment
def _form() -> None:
    st.markdown("A link to this page **as it stands now**, with all that is chosen on it. What should pupils see?")
    views = st.pills("Views", VIEWS.names, default=VIEWS.names, selection_mode="multi", key="link-views")
    kept = {part: st.checkbox(words, value=True, key=f"link-{part}") for part, words in _WORDS.items()}
    if not views:
        st.info("Choose at least one view.", icon=":material/tab:")
        return
    link = lesson_link(views, [part for part in PARTS if not kept[part]])
    st.code(link, language=None, wrap_lines=True)
    st.link_button("Open a preview", link, icon=":material/open_in_new:", width="stretch")
    if is_not_in_address():
        st.warning(
            "Your own picture is not in the link. Pupils see an image of a dataset until they bring one or draw.",
            icon=":material/image_not_supported:",
        )
    st.caption("It works for all who reach this server, as long as the run and the dataset that it names are here.")


def lesson_link(views: Sequence[str], without: Sequence[str]) -> str:
    """The whole address of the page as it stands, with a part of it left out.

    Args:
        views: Names of those that are shown, at least one.
        without: What is left out of them, of ``PARTS``.
    """
    shown = [name for name in VIEWS.names if name in views]
    opened = VIEWS.asked()
    left_behind = () if opened in shown else VIEWS.choices_of(opened)
    asked: dict[str, Values] = {
        name: st.query_params.get_all(name) for name in st.query_params if name not in (ONLY, WITHOUT, *left_behind)
    }
    asked |= {
        SHOWN: opened if opened in shown[1:] else None,
        ONLY: in_address([short_name(name) for name in shown]) if len(shown) < len(VIEWS.names) else None,
        WITHOUT: in_address(without),
    }
    written = urlencode({name: value for name, value in asked.items() if value}, doseq=True)
    here = (st.context.url or rooted("learn")).split("?")[0]
    return f"{here}?{written}" if written else here


def _show_everything() -> None:
    opened = VIEWS.asked()
    change({ONLY: None, WITHOUT: None, SHOWN: None if opened == VIEWS.names[0] else opened})
