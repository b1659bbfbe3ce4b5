"""Images that are there more than once: how many, between which parts, and a copy of the dataset without them."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard
from cnn_core.data.duplicates.find import KIND, LEAST_SIDE, read_pairs
from cnn_core.data.duplicates.pairs import DuplicatesFound, Pairs
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import find_done, find_job, start_job
from pages.parts.boundary import errors_toasted
from pages.parts.data.duplicates_mend import mend
from pages.parts.data.duplicates_pairs import show_pairs
from pages.parts.job_view import JobView
from pages.parts.words import duration

_WHAT = (
    "A picture that is both in the training and in the test images makes a test look better than it is. This finds "
    "images that are equal, and copies: resized, compressed again, cropped or shifted a little, brighter or darker."
)


def duplicates(card: DatasetCard) -> None:
    """Offer the search, show how far it is, or what it has found."""
    if job := find_done(KIND, card.checksum):
        _result(card, job)
        return

    def button(label: str) -> None:
        st.button(
            label, icon=":material/content_copy:", type="primary", on_click=_start, args=(card,), key="duplicates-start"
        )

    def offer() -> None:
        st.markdown(_WHAT)
        button("Look for duplicates")
        st.caption("It works in the background: about a minute for 70,000 small images.")

    JobView(
        key=KIND,
        find=lambda: find_job(KIND, card.checksum),
        offer=offer,
        # Done since the page was drawn: it is drawn anew.
        result=lambda _job: st.rerun(),
        retry=lambda: button("Try again"),
        doing="looking at the images",
        failed="The search for duplicates failed.",
    ).show()


def _start(card: DatasetCard) -> None:
    with errors_toasted():
        start_job(KIND, card.checksum, {"dataset": card.name})


@st.cache_resource(max_entries=4, show_spinner=False)
def _pairs(path: str, _job: Job) -> Pairs:  # noqa: ARG001 - the cache's key
    return read_pairs(_job)


def _result(card: DatasetCard, job: Job) -> None:
    found = job.read_result(DuplicatesFound)
    _say(found)
    searched = f"{found.images:,} images searched in {duration(found.seconds)}."
    if min(card.height, card.width) < LEAST_SIDE:
        searched += (
            f" Below {LEAST_SIDE} pixels a side, only equal images are looked for: all others look too much alike."
        )
    if not found.pairs:
        st.caption(searched)
        return
    _numbers(found)
    pairs = _pairs(str(job.path), _job=job)
    mend(card, pairs)
    show_pairs(card, pairs)
    st.caption(
        f"{searched} Near ones are found by their looks: some are missed, and a few are no copies. Look at them."
    )


def _say(found: DuplicatesFound) -> None:
    """The one sentence that matters."""
    if not found.pairs:
        st.success("No image is there twice.", icon=":material/verified:")
    elif found.leaked:
        is_one = found.leaked == 1
        st.error(
            f"**Leak: {found.leaked:,} test {'image is' if is_one else 'images are'} also among the training images**, "
            "the same or nearly so. A network may know them by heart, so the test accuracy is too good for these.",
            icon=":material/water_drop:",
        )
    else:
        st.success("No test image is among the training images.", icon=":material/verified:")
    if count := _contradictory(found):
        st.warning(
            f"{'One pair shows' if count == 1 else f'{count:,} pairs show'} the same picture with two labels: at least "
            "one of them is wrong.",
            icon=":material/label_off:",
        )


def _contradictory(found: DuplicatesFound) -> int:
    return sum(counts.contradictory for counts in (found.across, found.within_training, found.within_test))


def _numbers(found: DuplicatesFound) -> None:
    columns = st.columns(4)
    sorts = (
        ("Training and test", found.across),
        ("Within training", found.within_training),
        ("Within test", found.within_test),
    )
    for column, (label, counts) in zip(columns, sorts, strict=False):
        column.metric(
            label, f"{counts.pairs:,}", border=True, help=f"{counts.exact:,} equal, {counts.near:,} near pairs."
        )
    columns[3].metric(
        "Of two classes", f"{_contradictory(found):,}", border=True, help="The same picture, labelled differently."
    )
