"""Where one's own pictures are: a ZIP that is dropped, or a folder or a ZIP on the server's disk."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnn_core.data.own.roots import VARIABLE, allowed_folders, offered_paths
from cnn_core.data.own.staging import MOST_MEGABYTES, Staged, stage_path, stage_upload
from cnn_core.errors import CnnLabError
from pages.parts.address import change
from pages.parts.data.bring_in_survey import surveyed
from pages.parts.words import plain

PARAMETER = "job"
UPLOAD, PATH = "bring-in-zip", "bring-in-path"

_ERROR = "bring-in-error"
# How the pictures may lie, each beside its name.
_LAYOUTS = {
    "A folder for each class": "pets.zip\n├─ cat/\n│  ├─ 1.jpg\n│  └─ 2.png\n└─ dog/\n   └─ 7.jpg",
    "Training and test apart": "pets.zip\n├─ train/\n│  ├─ cat/…\n│  └─ dog/…\n└─ test/\n   ├─ cat/…\n   └─ dog/…",
    "A table of labels": "pets.zip\n├─ labels.csv\n│    file,label,split,group\n│    1.jpg,cat,train,anna\n"
    "│    7.jpg,dog,test,ben\n└─ images/…",
}


def choose_source() -> None:
    """Let a person say where their pictures are."""
    st.markdown(
        "Pictures in a folder for each class become a dataset that every page knows: to train on, evaluate and look "
        "through. The pictures themselves stay as they are."
    )
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _drop()
    with right.container(border=True, height="stretch"):
        _name()
    if error := st.session_state.get(_ERROR):
        st.error(plain(error), icon=":material/error:")
    st.markdown("##### How the pictures may lie")
    for column, (name, tree) in zip(st.columns(3), _LAYOUTS.items(), strict=True):
        column.markdown(f"**{name}**")
        column.code(tree, language=None)
    st.caption(
        "JPEG, PNG, WebP, GIF, BMP and TIFF, of any size, also mixed; names in any script. What cannot be read is left "
        "out and listed. In a table, *split* and *group* are optional: pictures of one group, such as one person, are "
        "never in both training and test."
    )


def open_staged(token: str | None) -> None:
    """Show what is being brought in; for callbacks. ``None``: begin anew."""
    st.session_state.pop(_ERROR, None)
    change({PARAMETER: token})


def _drop() -> None:
    st.markdown("**:material/upload: From this computer**")
    st.file_uploader(
        f"A ZIP of your pictures, up to {MOST_MEGABYTES:,} MB",
        type="zip",
        max_upload_size=MOST_MEGABYTES,
        key=UPLOAD,
        on_change=_take_upload,
    )


def _name() -> None:
    st.markdown("**:material/dns: From the server's disk**")
    if not allowed_folders():
        st.caption(
            f"Whoever runs the server can allow folders of its disk: `{VARIABLE}=/folder/of/pictures`, several with a "
            "colon between them. Large datasets then need no upload."
        )
        return
    st.selectbox(
        "A folder or a ZIP",
        offered_paths(),
        index=None,
        accept_new_options=True,
        placeholder="Choose, or type a path",
        help=f"Inside the folders that are allowed: {plain(', '.join(map(str, allowed_folders())))}",
        key=PATH,
        on_change=_take_path,
    )


def _take_upload() -> None:
    file = st.session_state[UPLOAD]
    if file is not None:
        _open(lambda: stage_upload(file, file.name, surveyed))


def _take_path() -> None:
    path = st.session_state[PATH]
    if path:
        _open(lambda: stage_path(path, surveyed))


def _open(stage: Callable[[], Staged]) -> None:
    """Show what a person has just named, or keep what is wrong with it until they name something else."""
    try:
        open_staged(stage().token)
    except CnnLabError as error:
        st.session_state[_ERROR] = str(error)
