"""The choices about a dataset of one's own: what it is called, what its images look like, which classes it has."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.own.settings import OwnSettings
from cnn_core.data.own.suggest import SIZES, free_name, why_this_size
from cnn_core.data.own.survey import Survey

_OTHER = "Other…"
_CHANNELS = {3: "Colour", 1: "Grey"}
_FITS = {
    "crop": ("Crop", "The middle of each picture; its edges are lost where it is wider or taller."),
    "pad": ("Pad", "All of each picture, with black borders where it is narrower."),
    "stretch": ("Stretch", "All of each picture, its proportions changed."),
}


def choices(token: str, found: Survey, first: OwnSettings) -> dict[str, object]:
    """Let a person choose.

    Args:
        token: Part of the keys of the widgets: other pictures have choices of their own.
        found: What the source holds.
        first: What they show at first.

    Returns:
        Values for :func:`~cnn_core.data.own.settings.own_settings`; the names may be such that cannot be used.
    """
    # They keep their values when the page is left.
    return {
        **first.model_dump(include={"seed"}),
        **_names(token, first),
        **_look(token, found, first),
        **_parts(token, found, first),
    }


def more_choices(token: str, first: OwnSettings) -> dict[str, object]:
    """Let a person choose what is right for most as it is; see :func:`choices`."""
    return {**_limits(token, first), **_words(token, first)}


def _names(token: str, first: OwnSettings) -> dict[str, object]:
    left, right = st.columns(2)
    title, name, is_named = f"title-{token}", f"name-{token}", f"named-{token}"

    def follow() -> None:
        # Until somebody chooses a name, it follows the title.
        if not st.session_state.get(is_named):
            st.session_state[name] = free_name(st.session_state[title])

    def keep() -> None:
        st.session_state[is_named] = True

    return {
        "title": left.text_input(
            "Title",
            first.title,
            max_chars=80,
            key=title,
            on_change=follow,
            persist_state="session",
            help="What pages call the dataset.",
        ),
        "name": right.text_input(
            "Name",
            first.name,
            max_chars=63,
            key=name,
            on_change=keep,
            persist_state="session",
            help="What commands and addresses call it: small letters, digits and hyphens.",
        ),
    }


def _look(token: str, found: Survey, first: OwnSettings) -> dict[str, object]:
    left, right = st.columns(2)
    is_usual = first.height == first.width and first.height in SIZES
    side = left.selectbox(
        "Image size",
        [*SIZES, _OTHER],
        index=SIZES.index(first.height) if is_usual else len(SIZES),
        format_func=lambda side: side if side == _OTHER else f"{side}×{side}",
        key=f"side-{token}",
        persist_state="session",
        help="Of every image of the dataset. Twice the side takes four times the time to train.",
    )
    channels = right.segmented_control(
        "Colour",
        list(_CHANNELS),
        format_func=_CHANNELS.__getitem__,
        default=first.channels,
        required=True,
        key=f"channels-{token}",
        persist_state="session",
    )
    height, width = (first.height, first.width) if side == _OTHER else (side, side)
    if side == _OTHER:
        height = left.number_input("Rows", 8, 256, first.height, key=f"height-{token}", persist_state="session")
        width = right.number_input("Columns", 8, 256, first.width, key=f"width-{token}", persist_state="session")
    st.caption(why_this_size(found))
    helps = "\n".join(f"- **{name}**: {what}" for name, what in _FITS.values())
    fit = st.segmented_control(
        "Pictures of other proportions",
        list(_FITS),
        format_func=lambda fit: _FITS[fit][0],
        default=first.fit,
        required=True,
        key=f"fit-{token}",
        persist_state="session",
        help=helps,
    )
    return {"height": height, "width": width, "channels": channels, "fit": fit}


def _parts(token: str, found: Survey, first: OwnSettings) -> dict[str, object]:
    left, right = st.columns(2)
    share = first.test_share
    if found.has_test_part:
        left.caption(":material/check: The source says which pictures are for the test; that is kept.")
    else:
        percentage = left.slider(
            "Kept for the test",
            5,
            50,
            round(100 * share),
            step=5,
            format="%d%%",
            key=f"share-{token}",
            persist_state="session",
            help="The same share of each class. These images are read once, when a training ends.",
        )
        share = percentage / 100
    leave_out = right.multiselect(
        "Leave out classes",
        list(found.counts),
        [label for label in first.leave_out if label in found.counts],
        placeholder="None",
        key=f"leave-out-{token}",
        persist_state="session",
    )
    return {"test_share": share, "leave_out": tuple(leave_out)}


def _limits(token: str, first: OwnSettings) -> dict[str, object]:
    with st.expander("More choices", icon=":material/tune:"):
        fewest = st.number_input(
            "Pictures a class has at least",
            2,
            100_000,
            first.fewest,
            key=f"fewest-{token}",
            persist_state="session",
            help="Smaller classes are left out: of a handful of pictures nothing can be learned, or tested.",
        )
        is_mirrored_alike = st.toggle(
            "Mirrored pictures show the same class",
            first.is_mirrored_alike,
            key=f"mirrored-{token}",
            persist_state="session",
            help="Right for things, wrong for letters and digits. Decides whether trainings mirror images.",
        )
    return {"fewest": fewest, "is_mirrored_alike": is_mirrored_alike}


def _words(token: str, first: OwnSettings) -> dict[str, object]:
    with st.expander("Description, licence, origin", icon=":material/description:"):
        return {
            "description": st.text_area(
                "Description", first.description, max_chars=2000, key=f"description-{token}", persist_state="session"
            ),
            "licence": st.text_input(
                "Licence", first.licence, max_chars=200, key=f"licence-{token}", persist_state="session"
            ),
            "origin": st.text_input(
                "Where the pictures come from",
                first.origin,
                max_chars=500,
                key=f"origin-{token}",
                persist_state="session",
            ),
        }
