"""A finished network learns people's photos and drawings: offered, under way in the background, done."""

from __future__ import annotations

import contextlib

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.jobs.job import Job
from cnn_core.jobs.store import find_job, start_job
from cnn_core.runs.adaptation_file import AdaptationFacts, read_adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import model_version
from cnn_core.training.adapting import ADAPT, EPOCHS, why_not_adapted
from pages.parts.boundary import errors_toasted
from pages.parts.job_view import JobView
from pages.parts.words import duration, plain


def offer_pictures(run: Run) -> None:
    """Offer to teach a run people's pictures, where it can learn them and has not yet."""
    if why_not_adapted(run) is not None:
        return
    job = _job(run)
    if job is not None and not job.is_active:
        return
    # What is damaged is told below, beside a button of its own.
    with contextlib.suppress(RunError):
        if facts_of(run) is None:
            # It stays while it works: the button that deletes the run would move under the pointer.
            _button("Teach it people's pictures", run, is_disabled=job is not None)


def show_pictures(run: Run) -> None:
    """Show how far it is with learning them, or what it has learned; nothing where it never did."""
    JobView(
        key=f"{ADAPT}-{run.id}",
        find=lambda: _job(run),
        offer=lambda: _learned(run),
        result=lambda _job: _learned(run),
        retry=lambda: _again(run),
        doing="Learning people's pictures",
        failed="It could not be taught people's pictures.",
    ).show()


def _job(run: Run) -> Job | None:
    """The work that is under way or failed; ``None``: there is none, or the run has learned since."""
    job = find_job(ADAPT, run.id)
    if job is None or job.state == "done":
        return None
    return None if job.state == "failed" and run.adapted_ns > job.last_written() * 1e9 else job


def facts_of(run: Run) -> AdaptationFacts | None:
    """What came of teaching a run people's pictures; ``None`` where nothing was taught, or to an earlier network.

    Raises:
        RunError: The file is damaged.
    """
    if not run.adapted_ns or not run.has_model:
        return None
    return _facts(str(run.path), run.adapted_ns, model_version(run), _run=run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _facts(path: str, adapted_ns: int, version: int, _run: Run) -> AdaptationFacts | None:  # noqa: ARG001 - the key
    adaptation = read_adaptation(_run)
    return None if adaptation is None else adaptation.facts


def _learned(run: Run) -> None:
    try:
        facts = facts_of(run)
    except RunError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        _again(run)
        return
    if facts is None:
        if run.adapted_ns:
            st.caption(
                ":material/add_photo_alternate: It was taught people's pictures and has been trained on since, so they "
                "are answered as all others are. Teach it again."
            )
        return
    watched = "test" if run.record().training.protocol == "tutorial" else "validation"
    st.caption(
        f":material/add_photo_alternate: **It knows people's pictures.** Of its {watched} images, made to look like "
        f"photos, it gets {facts.photo_accuracy_after:.0%} right ({facts.photo_accuracy_before:.0%} before), of "
        f"made-up sketches {facts.sketch_accuracy_after:.0%} ({facts.sketch_accuracy_before:.0%}). Nothing is lost: "
        f"all that it says of the dataset's images stays what it was, since it learned {facts.parameters:,} more "
        f"weights, for pictures alone. That took {duration(facts.seconds)}."
    )


def _again(run: Run) -> None:
    if why_not_adapted(run) is None:
        _button("Teach it again", run)


def _button(label: str, run: Run, *, is_disabled: bool = False) -> None:
    st.button(
        label,
        icon=":material/add_photo_alternate:",
        help=f"It learns to read photos and drawings in {EPOCHS} epochs, in the background: some minutes. Its answers "
        "for the dataset's images stay the same: for pictures it gets some weights of their own.",
        on_click=_start,
        args=(run,),
        disabled=is_disabled,
        key=f"{ADAPT}-start-{run.id}",
    )


def _start(run: Run) -> None:
    with errors_toasted():
        start_job(ADAPT, run.id, {"run": run.id, "epochs": EPOCHS}, again=True)
