"""A run while it trains, and after: curves, progress, current figures, stop."""

from __future__ import annotations

import streamlit as st

from cnn_core.figures.curves import curve_figure
from cnn_core.runs.directory import Run
from cnn_core.runs.launcher import LocalLauncher
from cnn_core.runs.progress import Progress, measure_progress
from cnn_core.runs.record import RunRecord, RunStatus
from cnn_core.runs.store import active_runs, find_run, list_runs, summarise
from pages.parts import cached
from pages.parts.boundary import errors_told
from pages.parts.choose_run import select_run
from pages.parts.live_chart import live_chart
from pages.parts.words import duration, number, percent, plain

_REFRESH_SECONDS = 1.0
# A run whose worker fell silent may come back, as when a laptop wakes from sleep.
_LOST_REFRESH_SECONDS = 5.0

_PHASES = {
    "waiting": "Waiting for its turn",
    "starting": "Starting: loading TensorFlow and the images",
    "downloading": "Downloading the dataset",
    "training": "Training",
    "evaluating": "Reading the test images",
    "done": "Done",
}


def training_view() -> None:
    """Show the run under way, or the one chosen; it keeps itself up to date while the run is active."""
    rows = {row.id: row for row in map(summarise, list_runs())}
    if not rows:
        _nothing_yet()
        return
    active = active_runs()
    chosen = select_run(rows, preferred=active[0][0].id if active else None)
    run = find_run(chosen)
    status = run.status()
    pace = _REFRESH_SECONDS if status.is_active else _LOST_REFRESH_SECONDS if status.is_lost else None
    st.fragment(_view, run_every=pace)(run, status.is_active)


def _nothing_yet() -> None:
    with st.container(border=True):
        st.subheader("Nothing trained yet", anchor=False)
        st.markdown(
            "Press **Start training**: the curves of loss and accuracy appear here and move while the network learns. "
            "The training goes on when you leave this page, reload it or close the browser."
        )


def _view(run: Run, was_active: bool) -> None:
    with errors_told():
        record, status = run.record(), run.status()
        if was_active != status.is_active:
            st.rerun()
        steps, history = cached.steps(run), run.history()
        progress = measure_progress(status, steps, history)
        # A container, so that what stands below keeps its place, and its zoom, when the headline changes.
        with st.container():
            _headline(run, status, progress)
        _figures(record, progress)
        if steps.empty and history.empty:
            st.caption("The curves appear here with the first steps.")
            return
        watched = "test, watched" if record.training.protocol == "tutorial" else "validation"
        left, right = st.columns(2)
        for place, measure in ((left, "loss"), (right, "accuracy")):
            with place:
                live_chart(
                    curve_figure(measure, steps, history, watched=watched),
                    key=f"{run.id}-{measure}",
                    alt=f"Curves of the {measure}: training by step and by epoch, {watched} by epoch",
                )
        if not history.empty:
            with st.expander("Epochs as a table"):
                st.dataframe(history.iloc[::-1], hide_index=True)


def _headline(run: Run, status: RunStatus, progress: Progress) -> None:
    if status.state == "failed":
        st.error(plain(status.error or "The run failed."), icon=":material/error:")
        if log := run.log():
            with st.expander("What the worker printed"):
                st.code(log, language=None)
        return
    if not status.is_active:
        _outcome(run, status)
        return
    text, stop = st.columns([4, 1], vertical_alignment="bottom")
    within = f", step {progress.step} of {progress.steps}" if progress.steps else ""
    epoch = (
        f": epoch {progress.epoch} of {progress.epochs}{within}"
        if status.phase == "training" and progress.epoch
        else ""
    )
    has_estimate = status.phase == "training" and progress.seconds_left is not None
    left = f" · {duration(progress.seconds_left)} left" if has_estimate else ""
    share = status.downloaded if status.phase == "downloading" else progress.share
    text.progress(share or 0.0, text=f"{_PHASES[status.phase]}{epoch}{left}")
    is_asked = run.is_stop_requested
    stop.button(
        "Stopping…" if is_asked else "Stop",
        icon=":material/stop:",
        disabled=is_asked,
        on_click=_stop,
        args=(run,),
        width="stretch",
        help="Ends after this batch. The best epoch so far is kept and tested.",
        key=f"stop-{run.id}",
    )


def _stop(run: Run) -> None:
    with errors_told():
        LocalLauncher().stop(run)


def _outcome(run: Run, status: RunStatus) -> None:
    if not run.has_report:
        st.info("Stopped before it had learned anything.", icon=":material/stop_circle:")
        return
    report = run.report()
    result = f"**{percent(report.accuracy)}** of {report.test_count:,} test images right"
    kept = f"the weights of epoch {report.best_epoch}" if report.best_epoch else "what it had learned until then"
    if status.state == "stopped":
        when = f"in epoch {status.epoch + 1} of {status.epochs}, after {duration(status.seconds)}"
        st.info(f"Stopped {when}. It keeps {kept}: {result}.", icon=":material/stop_circle:")
    else:
        took = duration(status.seconds)
        st.success(f"Finished after {took}: {result}, with {kept}.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        st.page_link(
            "evaluate.py",
            label="Evaluate this run",
            icon=":material/fact_check:",
            query_params={"run": run.id},
        )
        st.page_link(
            "classify.py",
            label="Classify with it",
            icon=":material/image_search:",
            query_params={"run": run.id},
        )


def _figures(record: RunRecord, progress: Progress) -> None:
    watched = "Test" if record.training.protocol == "tutorial" else "Validation"
    with st.container(horizontal=True):
        st.metric("Training loss", number(progress.loss))
        st.metric("Training accuracy", percent(progress.accuracy))
        st.metric(f"{watched} loss", number(progress.val_loss))
        st.metric(f"{watched} accuracy", percent(progress.val_accuracy))
