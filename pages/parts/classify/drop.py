"""Pictures that are dropped, chosen or pasted: files and ZIPs, as many as can be looked at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.images.archive import Allowance
from cnn_core.images.formats import READ
from cnn_core.images.sources import sources_in
from pages.parts.classify.arrival import Arrival
from pages.parts.classify.kept import Kept
from pages.parts.classify.paste import paste_button
from pages.parts.words import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

KEY = "files"
# Of one visit. Beyond these nothing is decoded; Streamlit holds the files themselves while the page is open.
MAX_PICTURES = 1000
MAX_MEGABYTES = 500
# Of one file; the server would take whole datasets.
_MAX_MEGABYTES_A_FILE = 50

# A file keeps its id as long as the page is open; reading all of it at every click would take seconds.
_digests: Kept[str] = Kept(5000)


def drop() -> list[Arrival]:
    """Let a person drop files, choose them, or paste from the clipboard.

    Returns:
        The pictures, those of a ZIP one by one; what is more than fits is told and left out.
    """
    files = st.file_uploader(
        "Drop photos, drawings, product pictures or ZIPs of them",
        accept_multiple_files=True,
        max_upload_size=_MAX_MEGABYTES_A_FILE,
        key=KEY,
        help=f"{READ} files, or ZIPs of them: up to {MAX_PICTURES:,} pictures and {MAX_MEGABYTES} MB together.",
    )
    paste_button(KEY)
    arrivals, left_out = _arrivals(files)
    if left_out:
        st.warning(
            f"{left_out} Up to {MAX_PICTURES:,} pictures and {MAX_MEGABYTES} MB of files are looked at together: "
            "remove some, or bring the others afterwards.",
            icon=":material/inventory_2:",
        )
    return arrivals


def _arrivals(files: list[UploadedFile]) -> tuple[list[Arrival], str]:
    """The pictures that are looked at, and a sentence on what is left out; empty where nothing is."""
    arrivals: list[Arrival] = []
    room, missing_files, missing_pictures, allowance = MAX_MEGABYTES * 2**20, 0, 0, Allowance()
    for file in files:
        if file.size > room or len(arrivals) >= MAX_PICTURES:
            missing_files += 1
            continue
        room -= file.size
        digest = _digest(file)
        found = sources_in(file.getvalue(), file.name, allowance)
        fitting = found.pictures[: MAX_PICTURES - len(arrivals)]
        arrivals += [Arrival(source.name, f"{digest}:{source.place}:{source.name}", source.read) for source in fitting]
        missing_pictures += len(found) - len(fitting) + found.left_out
    parts = [(missing_files, "file", "files"), (missing_pictures, "file of a ZIP", "files of ZIPs")]
    words = " and ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in parts if count)
    verb = "is" if missing_files + missing_pictures == 1 else "are"
    return arrivals, plain(f"{words} {verb} left out.") if words else ""


def _digest(file: UploadedFile) -> str:
    digest = _digests.get(file.file_id)
    if digest is None:
        digest = hashlib.sha256(file.getbuffer()).hexdigest()[:32]
        _digests.put(file.file_id, digest)
    return digest
