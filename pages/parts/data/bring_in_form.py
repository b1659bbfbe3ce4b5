"""What was found in a source, the choices, what would become of its pictures, and the button that starts it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cnn_core.data.own.plan import check_plan, expected_counts, too_small
from cnn_core.data.own.settings import OwnSettings, own_settings
from cnn_core.data.own.staging import Staged, start_bringing
from cnn_core.data.own.suggest import suggest_settings
from cnn_core.data.own.survey import Survey
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.data.bring_in_choices import choices, more_choices
from pages.parts.data.bring_in_preview import show_preview
from pages.parts.data.bring_in_source import open_staged
from pages.parts.data.bring_in_survey import surveyed
from pages.parts.data.left_out import WIDE
from pages.parts.words import amount, plain

# Of the table of classes: ten of them, the others by scrolling.
_TABLE_HEIGHT = 388
_FEW_ROWS = 9


def form(staged: Staged, asked: OwnSettings | None) -> None:
    """Show the form.

    Args:
        staged: What is to be brought in.
        asked: The settings of the last try, if there was one.
    """
    _head(staged)
    found = surveyed(staged)
    for warning in found.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    left, right = st.columns([5, 7], gap="large")
    with left:
        suggested = suggest_settings(found)
        first = asked or suggested
        values = choices(staged.token, found, first)
        # Above what few people need: it is seen without scrolling.
        start = st.container()
        values |= more_choices(staged.token, first)
        with start:
            _start(staged, found, values)
    with right:
        show_preview(found, suggested.model_copy(update=_of_the_look(values)))
        _classes(found)
        _unread(found)


def _head(staged: Staged) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.markdown(f":material/{'folder_zip' if staged.is_upload else 'dns'}: **{plain(staged.source.title)}**")
        st.button(
            "Other pictures",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=_leave,
            args=(staged,),
            key=f"leave-{staged.token}",
        )


def _classes(found: Survey) -> None:
    total = sum(found.counts.values())
    st.markdown(f"##### {total:,} pictures in {len(found.counts):,} classes")
    parts = f" {sum(found.test_counts.values()):,} are marked for the test." if found.has_test_part else ""
    groups = " What belongs to one group stays together." if found.is_grouped else ""
    st.caption(plain(f"Laid out as {found.kind}.{parts}{groups}"))
    st.dataframe(
        pd.DataFrame({"class": list(found.counts), "pictures": list(found.counts.values())}),
        hide_index=True,
        height=_TABLE_HEIGHT if len(found.counts) > _FEW_ROWS else "auto",
        column_config={
            "pictures": st.column_config.ProgressColumn(
                format="localized", min_value=0, max_value=max(found.counts.values()), color="primary"
            )
        },
    )


def _unread(found: Survey) -> None:
    """What is left out, as far as it is known before every picture is read."""
    if found.bad:
        with st.expander(
            f"{len(found.bad)} of {found.looked_at} pictures looked at cannot be read", icon=":material/broken_image:"
        ):
            st.caption("Such files are left out, and listed at the end.")
            st.dataframe(pd.DataFrame(found.bad, columns=["file", "why"]), hide_index=True, column_config=WIDE)
    if found.left_out_count:
        with st.expander(
            f"{found.left_out_count:,} {'file belongs' if found.left_out_count == 1 else 'files belong'} to no class",
            icon=":material/playlist_remove:",
        ):
            st.dataframe(pd.DataFrame(found.left_out, columns=["file", "why"]), hide_index=True, column_config=WIDE)


def _start(staged: Staged, found: Survey, values: dict[str, object]) -> None:
    """Say what would come out, and offer to start; or say what speaks against it."""
    settings = _checked(found, values)
    st.button(
        "Bring them in",
        type="primary",
        icon=":material/download_done:",
        width="stretch",
        disabled=settings is None,
        on_click=_bring,
        args=(staged, settings),
        key=f"start-{staged.token}",
    )
    if settings is None:
        return
    train, test = expected_counts(found, settings)
    about = "about " if found.is_grouped and not found.has_test_part else ""
    room = amount((train + test) * settings.height * settings.width * settings.channels, "B")
    st.caption(f"Gives {about}{train:,} training and {test:,} test images, {room} on the disk.")
    if small := too_small(found, settings):
        st.caption(
            f":material/info: Left out, as they have fewer than {settings.fewest} pictures: {plain(_named(small))}."
        )


def _checked(found: Survey, values: dict[str, object]) -> OwnSettings | None:
    with errors_told():
        settings = own_settings(values)
        check_plan(found, settings)
        return settings
    return None


def _of_the_look(values: dict[str, object]) -> dict[str, object]:
    """What the preview depends on: it goes on while a name is being typed that cannot be used."""
    return {name: values[name] for name in ("height", "width", "channels", "fit", "leave_out", "fewest")}


def _named(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _bring(staged: Staged, settings: OwnSettings) -> None:
    with errors_toasted():
        start_bringing(staged, settings)


def _leave(staged: Staged) -> None:
    staged.discard()
    open_staged(None)
