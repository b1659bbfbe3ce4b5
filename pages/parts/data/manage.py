"""What can be done with a dataset as a whole: take it away, describe it, delete it."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.data_card import data_card_text
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.store import describe_own, read_card
from cnn_core.runs.datasets import remove_dataset, runs_on
from pages.parts import cached
from pages.parts.address import rooted
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.data.choose import open_dataset
from pages.parts.data.zip_download import zip_address
from pages.parts.words import moment, plain, run_name

_ASKED = "dataset-to-delete"
_NAMED = 5
_FEW_CLASSES, _CARD_HEIGHT = 25, 900
_FIELDS = {
    "title": ("Title", "What pages call it. Commands and addresses go on to call it by its name."),
    "description": ("Description", "What it shows, for what it was made, what it lacks."),
    "licence": ("Licence", "Who may do what with the pictures."),
    "origin": ("Source", "Where the pictures come from: an address, a person."),
}


def manage(card: DatasetCard) -> None:
    """Show the data card, and what can be done with the dataset."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Data card", anchor=False)
        # A thousand classes make a long table.
        with st.container(border=True, height=_CARD_HEIGHT if len(card.class_names) > _FEW_CLASSES else "content"):
            # Its own heading says again what stands at the top of the page.
            st.markdown(_below_its_title(data_card_text(card, cached.dataset(card.name))))
    with right:
        _take_away(card)
        st.subheader("Runs that learned from it", anchor=False)
        _runs(card)
        if card.is_own:
            _describe(card)
            _delete(card)
        else:
            st.caption("It is built in: it can be neither renamed nor deleted here.")
    _ask_to_delete(card)


def _below_its_title(text: str) -> str:
    # Sections of a page are no chapters of a file.
    return text.partition("\n")[2].replace("\n## ", "\n#### ").strip()


def _take_away(card: DatasetCard) -> None:
    st.subheader("Take it away", anchor=False)
    st.link_button(
        "ZIP of class folders",
        zip_address(card.name),
        icon=":material/folder_zip:",
        help="Every image as a PNG, exactly as a training reads it, in train/ and test/; labels.csv names the classes. "
        "It can be brought in again.",
    )
    st.download_button(
        "Data card",
        lambda: data_card_text(card, cached.dataset(card.name)),
        file_name=f"{card.name}-data-card.md",
        mime="text/markdown",
        icon=":material/description:",
        on_click="ignore",
    )


def _runs(card: DatasetCard) -> None:
    users = runs_on(card.name)
    if not users:
        st.caption("None yet.")
        return
    lines = []
    for run in users[:_NAMED]:
        record = run.record()
        other = "" if record.data.checksum == card.checksum else " · the dataset has changed since"
        lines.append(
            f"- [{run_name(run, record)}, {moment(record.created)}]({rooted(f'evaluate?run={run.id}')}){other}"
        )
    if len(users) > _NAMED:
        lines.append(f"- and {len(users) - _NAMED} more, on the Runs page")
    st.markdown("\n".join(lines))


def _describe(card: DatasetCard) -> None:
    st.subheader("Rename and describe", anchor=False)
    own = read_card(card.name)
    with st.form(f"describe-{card.name}", border=False):
        values = {}
        for field, (label, help_text) in _FIELDS.items():
            widget = st.text_area if field == "description" else st.text_input
            values[field] = widget(
                label,
                value=getattr(own, field),
                max_chars=_most_letters(field),
                help=help_text,
                key=f"{card.name}-{field}",
            )
        if st.form_submit_button("Save", icon=":material/save:"):
            with errors_told():
                describe_own(card.name, **values)
                st.rerun()


def _most_letters(field: str) -> int:
    limits = OwnSettings.model_fields[field].metadata
    return next(limit.max_length for limit in limits if hasattr(limit, "max_length"))


def _delete(card: DatasetCard) -> None:
    st.subheader("Delete", anchor=False)
    st.button("Delete…", icon=":material/delete:", on_click=_ask, args=(card.name,), key="delete-dataset")


def _ask(name: str) -> None:
    st.session_state[_ASKED] = name


def _close() -> None:
    st.session_state.pop(_ASKED, None)


def _ask_to_delete(card: DatasetCard) -> None:
    if st.session_state.get(_ASKED) == card.name:
        _dialog(card)


@st.dialog("Delete this dataset?", on_dismiss=_close, icon=":material/delete:")
def _dialog(card: DatasetCard) -> None:
    if st.session_state.get(_ASKED) != card.name:
        st.rerun()
    with errors_told():
        st.markdown(
            f"**{plain(card.title)}**: {card.train_count + card.test_count:,} images. The pictures that it was made of "
            "stay where they are. This cannot be undone."
        )
        users = runs_on(card.name)
        active = [run for run in users if run.status().is_active]
        is_sure = not users
        if active:
            st.warning("A run trains on it or waits to: stop it first.", icon=":material/play_circle:")
        elif users:
            are = "A run" if len(users) == 1 else f"{len(users)} runs"
            st.warning(
                f"{are} learned from it. Their figures and networks stay, but their test images cannot be shown any "
                "more, and the runs cannot be resumed.",
                icon=":material/image_not_supported:",
            )
            is_sure = st.checkbox("Delete it all the same", key="delete-dataset-used")
        with st.container(horizontal=True):
            st.button(
                "Delete",
                type="primary",
                icon=":material/delete:",
                disabled=bool(active) or not is_sure,
                on_click=_do_delete,
                args=(card.name,),
                key="delete-dataset-now",
            )
            st.button("Keep", on_click=_close, key="delete-dataset-not")


def _do_delete(name: str) -> None:
    _close()
    with errors_toasted():
        remove_dataset(name, even_if_used=True)
        open_dataset(None, show=None)
