"""What people said of the network's answers, in a table: looked at, taken away, deleted."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from cnn_core.data.folder_names import NONE_OF_THEM as FOLDER_OF_OTHERS
from cnn_core.runs.directory import Run
from cnn_core.runs.feedback import (
    MAX_MEGABYTES,
    MAX_PICTURES,
    Feedback,
    delete_all_corrections,
    delete_corrections,
    feedback_state,
    kept_picture,
    read_feedback,
)
from cnn_core.runs.feedback_file import Correction, Unusable
from pages.parts.boundary import errors_toasted, errors_told
from pages.parts.classify.feedback import name_of
from pages.parts.classify.feedback_download import zip_address
from pages.parts.classify.own_file import without_own_file
from pages.parts.gallery import thumbnail
from pages.parts.pager import one_page
from pages.parts.words import plain

_PAGE_SIZE = 20
_ROW_HEIGHT = 60
_TALLEST = 8 * _ROW_HEIGHT
# Of the files that cannot be used.
_MOST_NAMED = 10

_COLUMNS: dict[str, Any] = {
    "picture": st.column_config.ImageColumn("picture", width=76),
    "label": st.column_config.TextColumn("it is", width=130),
    "said": st.column_config.TextColumn("the network said", width=190),
    "confidence": st.column_config.ProgressColumn(
        "confidence", format="%.0f%%", min_value=0, max_value=100, width=110, help="Of the most probable class"
    ),
    "name": st.column_config.TextColumn("name", width=170),
    "time": st.column_config.DatetimeColumn("when", format="D MMM YYYY, HH:mm", width=150),
    "wrong": st.column_config.TextColumn("what is wrong"),
}


def feedback_table(run: Run) -> None:
    """Show, on demand, what people said of a run's answers."""
    place = st.expander("Feedback", icon=":material/rate_review:", key="feedback", on_change="rerun")
    if not place.open:
        return
    with place, errors_told():
        found = _feedback(str(run.path), feedback_state(run), _run=run)
        if not found.corrections and not found.unusable:
            st.info(
                "Nothing yet. Say under an answer whether it is right, or what the picture shows: picture and class "
                "come here, and you can take them away as a ZIP of class folders.",
                icon=":material/rate_review:",
            )
            return
        if found.corrections:
            _show(found.corrections, run)
        if found.unusable:
            _show_unusable(found.unusable, run)


def _show(corrections: Sequence[Correction], run: Run) -> None:
    right = sum(one.label == _told(one) for one in corrections)
    st.caption(
        f"{len(corrections):,} {'picture' if len(corrections) == 1 else 'pictures'} with the class that a person "
        f"named. The network was right about {right:,}.",
        help=f"At most {MAX_PICTURES:,}, of {MAX_MEGABYTES} MB together, in the run's folder on the computer that runs "
        "this app.",
    )
    page = corrections
    if len(page) > _PAGE_SIZE:
        page = one_page(page, size=_PAGE_SIZE, what="pictures", key="feedback", is_in_address=False)
    data = pd.DataFrame([_described(one, run) for one in page], columns=list(_COLUMNS))
    st.html(without_own_file("feedback-table"))
    event: Any = st.dataframe(
        data,
        hide_index=True,
        column_order=[name for name in _COLUMNS if name != "wrong" or data[name].notna().any()],
        row_height=_ROW_HEIGHT,
        height=min(_TALLEST, 38 + _ROW_HEIGHT * len(page)),
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="multi-row",
        # What is chosen are numbers of rows: other pictures make another table.
        key=f"feedback-table-{zlib.crc32(repr([one.key for one in page]).encode()):08x}",
        placeholder="",
        alt="The pictures and what people said of them, a row for each",
    )
    chosen = [page[row].key for row in event.selection.rows if row < len(page)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Download ZIP", zip_address(run), icon=":material/download:")
        st.button(
            f"Delete {len(chosen)} chosen" if chosen else "Delete chosen",
            icon=":material/delete:",
            disabled=not chosen,
            help=None if chosen else "Choose rows at their left edge first.",
            on_click=_delete,
            args=(run, chosen),
            key="feedback-delete",
        )
        _ask_to_delete_all(run, len(corrections))
    others = any(one.label is None for one in corrections)
    st.caption(
        "The ZIP has a folder for each class, and labels.csv with the exact names."
        + (f" Leave out its folder “{FOLDER_OF_OTHERS}” if that is to be no class of its own." if others else "")
    )


def _ask_to_delete_all(run: Run, count: int) -> None:
    with st.popover("Delete all…", icon=":material/delete_sweep:"):
        what = "the picture and what was" if count == 1 else f"all {count:,} pictures and what was"
        st.markdown(f"Delete {what} said of {'it' if count == 1 else 'them'}? This cannot be undone.")
        st.button(
            "Delete all",
            type="primary",
            icon=":material/delete:",
            on_click=_delete_all,
            args=(run,),
            key="feedback-delete-all",
        )


def _show_unusable(unusable: Sequence[Unusable], run: Run) -> None:
    lines = [f"- **{plain(one.name)}**: {plain(one.why)}" for one in unusable[:_MOST_NAMED]]
    if len(unusable) > _MOST_NAMED:
        lines.append(f"- and {len(unusable) - _MOST_NAMED:,} more")
    are = "1 thing in the folder cannot" if len(unusable) == 1 else f"{len(unusable):,} things in the folder cannot"
    st.warning(f"{are} be used, and {'is' if len(unusable) == 1 else 'are'} left out:\n" + "\n".join(lines))
    if ours := [one.name for one in unusable if one.is_ours]:
        st.button(
            f"Delete what is damaged ({len(ours):,})",
            icon=":material/delete:",
            on_click=_delete,
            args=(run, ours),
            key="feedback-delete-damaged",
        )


def _described(one: Correction, run: Run) -> dict[str, Any]:
    picture = _thumbnail(one, run)
    said = "none of its classes" if one.said.is_outlier else one.said.predicted
    return {
        "picture": picture,
        "label": name_of(one.label),
        "said": f"{said}, {'right' if one.label == _told(one) else 'wrong'}",
        "confidence": 100 * one.said.confidence,
        "name": one.name,
        "time": pd.Timestamp(one.time, unit="s", tz="UTC"),
        "wrong": None if picture else "The picture is damaged or gone. It is not in the ZIP.",
    }


def _told(one: Correction) -> str | None:
    """The network's answer; ``None``: none of its classes."""
    return None if one.said.is_outlier else one.said.predicted


@st.cache_resource(max_entries=16, show_spinner=False)
def _feedback(path: str, state: int, _run: Run) -> Feedback:  # noqa: ARG001 - the cache's key
    return read_feedback(_run)


def _thumbnail(one: Correction, run: Run) -> str | None:
    """The picture as the table shows it; ``None`` where it is damaged or gone, which may be mended."""
    try:
        return _shrunk(str(run.path), one.key, _run=run, _correction=one)
    except (OSError, ValueError):
        return None


# Some kilobytes each.
@st.cache_data(max_entries=MAX_PICTURES, show_spinner=False)
def _shrunk(path: str, key: str, _run: Run, _correction: Correction) -> str:  # noqa: ARG001 - the cache's key
    content = kept_picture(_run, _correction)
    if content is None:
        raise OSError("damaged or gone")
    with Image.open(io.BytesIO(content)) as image:
        return thumbnail(np.asarray(image))


def _delete(run: Run, keys: Sequence[str]) -> None:
    with errors_toasted():
        delete_corrections(run, keys)


def _delete_all(run: Run) -> None:
    with errors_toasted():
        delete_all_corrections(run)
