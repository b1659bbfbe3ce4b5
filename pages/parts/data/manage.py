"""What can be done with a dataset as a whole: take it away, describe it, delete it."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.data_card import data_card_text
from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.store import describe_own, read_card
from cnn_core.runs.datasets import runs_on
from pages.parts import cached
from pages.parts.address import rooted
from pages.parts.boundary import errors_told
from pages.parts.data.delete import offer_to_delete
from pages.parts.data.zip_download import zip_address
from pages.parts.words import moment, run_name

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
            st.subheader("Delete", anchor=False)
            offer_to_delete(card)
        else:
            st.caption("It is built in: it can be neither renamed nor deleted here.")


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
