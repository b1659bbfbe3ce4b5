"""A finished network learns people's photos and drawings: offered, under way in the background, done."""

from __future__ import annotations

import contextlib

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.jobs.store import find_job, start_job
from cnn_core.runs.adaptation_file import AdaptationFacts, read_adaptation
from cnn_core.runs.directory import Run
from cnn_core.runs.features_file import model_version
from cnn_core.training.adapting import ADAPT, EPOCHS, why_not_adapted
from pages.parts.boundary import errors_toasted
from pages.parts.job_view import JobView
from pages.parts.words import duration, plain


def offer_pictures(run: Run) -> None:
    """Offer to teach a run people's pictures, where it can learn them, has not yet, and is not learning them now."""
    job = find_job(ADAPT, run.id)
    is_busy = job is not None and job.state in ("working", "failed")
    if is_busy or why_not_adapted(run) is not None:
        return
    # What is damaged is told below, beside a button of its own.
    with contextlib.suppress(RunError):
        if facts_of(run) is None:
            _button("Teach it people's pictures", run)


def show_pictures(run: Run) -> None:
    """Show how far it is with learning them, or what it has learned; nothing where it never did."""
    JobView(
        key=f"{ADAPT}-{run.id}",
        find=lambda: find_job(ADAPT, run.id),
        offer=lambda: _learned(run),
        result=lambda _job: _learned(run),
        retry=lambda: _button("Teach it again", run),
        doing="Learning people's pictures",
        failed="It could not be taught people's pictures.",
    ).show()


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
        _button("Teach it again", run)
        return
    if facts is None:
        return
    watched = "test" if run.record().training.protocol == "tutorial" else "validation"
    st.caption(
        f":material/add_photo_alternate: **It knows people's pictures.** Of its {watched} images, shown as photos, "
        f"{facts.photos_after:.0%} come out right ({facts.photos_before:.0%} before), as drawings "
        f"{facts.drawings_after:.0%} ({facts.drawings_before:.0%}). What it says of the dataset's images is what it "
        f"was: for pictures it has {facts.parameters:,} weights of their own, learned in {duration(facts.seconds)}."
    )


def _button(label: str, run: Run) -> None:
    st.button(
        label,
        icon=":material/add_photo_alternate:",
        help=f"It learns to read photos and drawings in {EPOCHS} epochs, in the background: some minutes. Its answers "
        "for the dataset's images stay the same: for pictures it gets some weights of their own.",
        on_click=_start,
        args=(run,),
        key=f"{ADAPT}-start-{run.id}",
    )


def _start(run: Run) -> None:
    with errors_toasted():
        start_job(ADAPT, run.id, {"run": run.id, "epochs": EPOCHS}, again=True)
