"""A copy of a dataset without its duplicates, with a click: made in the background, then opened."""

from __future__ import annotations

import streamlit as st

from cnn_core.data.catalogue import DatasetCard, dataset_names
from cnn_core.data.duplicates.pairs import Pairs
from cnn_core.data.own.derive import KIND, Derived, Without, free_clean_name
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import find_job, start_job
from cnn_core.wording import images_in_words
from pages.parts.boundary import errors_toasted
from pages.parts.data.choose import open_dataset
from pages.parts.job_view import JobView

_ALSO_WITHIN = "duplicates-also-within"


def mend(card: DatasetCard, pairs: Pairs) -> None:
    """Offer a copy without the duplicates, show how far it is, or open it."""

    def offer() -> None:
        with st.container(border=True):
            also_within = st.checkbox(
                "Of pictures that are there more than once within a part, keep the first one only", key=_ALSO_WITHIN
            )
            asked = _asked(card, pairs, also_within=also_within)
            count = len(asked.train_drop) + len(asked.test_drop)
            left, right = st.columns([3, 2], vertical_alignment="center")
            left.markdown(_offered(asked) if count else "Nothing leaks. Tick the box to drop what is there twice.")
            if pairs.doubtful().any():
                st.caption(
                    "Some pictures have several labels: of these, the images go whose label most of their copies do "
                    "not have; where no label has most, all of them."
                )
            right.button(
                "Make a copy without them",
                icon=":material/cleaning_services:",
                type="primary",
                disabled=not count,
                on_click=_start,
                args=(card, asked),
                width="stretch",
                key="derive-start",
            )

    JobView(
        key=KIND,
        find=lambda: _job(card),
        offer=offer,
        result=_done,
        retry=offer,
        doing="copying",
        failed="The copy could not be made.",
    ).show()


def _offered(asked: Without) -> str:
    """What a copy lacks, in a sentence."""
    drops = {"training": len(asked.train_drop), "test": len(asked.test_drop)}
    lacking = " and ".join(f"{images_in_words(count)} of {part}" for part, count in drops.items() if count)
    return f"A copy without {lacking}. This dataset stays as it is."


def _asked(card: DatasetCard, pairs: Pairs, *, also_within: bool) -> Without:
    train, test = pairs.to_drop(also_within=also_within)
    return Without(
        dataset=card.name,
        checksum=card.checksum,
        train_drop=tuple(train.tolist()),
        test_drop=tuple(test.tolist()),
        name=free_clean_name(card.name),
        title=f"{card.title[:70]}, cleaned",
    )


def _job(card: DatasetCard) -> Job | None:
    """The last copy that is under way, failed, or still there."""
    job = find_job(KIND, card.checksum)
    if job is None or job.state != "done":
        return job
    return job if job.read_result(Derived).name in dataset_names() else None


def _start(card: DatasetCard, asked: Without) -> None:
    with errors_toasted():
        start_job(KIND, card.checksum, asked.model_dump(mode="json"), again=True)


def _done(job: Job) -> None:
    derived = job.read_result(Derived)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/check_circle: The cleaned copy is there: {derived.train_count:,} training and "
            f"{derived.test_count:,} test images.",
            width="stretch",
        )
        st.button(
            "Open it",
            icon=":material/arrow_forward:",
            type="primary",
            on_click=open_dataset,
            args=(derived.name,),
            kwargs={"show": None},
            key="derive-open",
        )
