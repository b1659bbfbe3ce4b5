"""The head of the Evaluate page: how good the network is, how honestly that was measured, and what the run was."""

from __future__ import annotations

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.evaluation.report import Report
from cnn_core.runs.store import SHOWCASE
from cnn_core.runs.summary import summarise
from pages.parts.dataset_note import tell_of_dataset
from pages.parts.evaluate.evaluate_now import offer_evaluation
from pages.parts.evaluate.subject import Subject
from pages.parts.evaluate.views import ERRORS, view_asked
from pages.parts.words import moment, number, percent, plain

_CSS = """
<style>
.st-key-evaluate-head { display: grid; grid-template-columns: 1.15fr 1fr 1fr 1fr; gap: .6rem; }
.st-key-evaluate-head > * { width: 100% !important; }
.st-key-evaluate-head > :first-child { grid-row: span 2; }
.st-key-evaluate-head [data-testid="stMetric"] { padding: 0; }
.st-key-evaluate-head > :first-child [data-testid="stMetric"] { display: flex; align-items: center; }
.st-key-evaluate-head [data-testid="stMetric"] > div { padding: .5rem .9rem; }
.st-key-evaluate-head [data-testid="stMetricValue"] { font-size: 1.375rem; padding: 0; }
.st-key-evaluate-head > :first-child [data-testid="stMetricValue"] { font-size: 2.5rem; padding-block: .4rem; }
.st-key-evaluate-head [data-testid="stMetricDelta"] { padding: 0; background: none; }
.st-key-evaluate-said { gap: .25rem; }
@media (max-width: 48rem) {
  .st-key-evaluate-head { grid-template-columns: 1fr 1fr; gap: .4rem; }
  .st-key-evaluate-head > :first-child { grid-column: 1 / -1; grid-row: auto; }
  .st-key-evaluate-head [data-testid="stMetric"] > div { padding: .35rem .7rem; }
}
</style>
"""


def head(subject: Subject) -> None:
    """Show the figures of the report, how they were measured, and what the run was."""
    st.html(_CSS)
    report = subject.report
    if view_asked() == ERRORS:
        with st.container(key="evaluate-head"):
            _accuracies(report)
            _confidence(report)
            _by_class(report)
    else:
        # The other views have figures of their own, and are what one came for.
        st.markdown(
            f"**{percent(report.accuracy)}** right ({report.accuracy_low:.1%} to {report.accuracy_high:.1%}) · "
            f"loss {number(report.loss, 4)} · calibration error {percent(report.expected_calibration_error)} · "
            f"F1 {percent(report.f1)}"
        )
    with st.container(key="evaluate-said"):
        st.caption(_test_set(report))
        _run(subject)
        tell_of_dataset(subject.record)
    _offer_what_is_missing(subject)


def _accuracies(report: Report) -> None:
    _metric(
        "Accuracy",
        percent(report.accuracy),
        f"{report.accuracy_low:.1%} to {report.accuracy_high:.1%} (95% interval)",
        "The share of the test images that the network puts into the right class. Below: with other images of the "
        "same kind it would probably lie in this range (Wilson's 95% interval).",
    )
    if len(report.per_class) == 2:
        # Of two classes, the right one is always among the first two.
        _metric(
            "Always the same answer",
            percent(report.largest_share),
            f"{100 * (report.accuracy - report.largest_share):+.2f} points by the network",
            "What always naming the class with the most test images would get right. Below: what the network is better "
            "by.",
        )
        return
    _metric(
        "Top-2 accuracy",
        percent(report.top2_accuracy),
        f"{100 * (report.top2_accuracy - report.accuracy):+.2f} points",
        "How often the right class is the network's first or second guess. Below: how much the second guess adds.",
    )


def _confidence(report: Report) -> None:
    _metric(
        "Loss",
        number(report.loss, 4),
        None if report.calibrated_loss is None else f"{report.calibrated_loss:.4f} calibrated",
        "The cross-entropy: how much the right classes surprise the network. 0 is best; being sure and wrong costs "
        "most. Calibrated: with the temperature that Calibration error explains.",
    )
    calibrated, why = None, "This run has no temperature that would lower it: that is fitted on validation images."
    if report.temperature is not None:
        calibrated = f"{percent(report.calibrated_error)} at T = {report.temperature:.2f}"
        why = (
            f"Below: after the network's logits are divided by the temperature {report.temperature:.2f}, which was "
            "fitted on the validation images. Classify uses it."
        )
    _metric(
        "Calibration error",
        percent(report.expected_calibration_error),
        calibrated,
        "How far the network's confidence and its accuracy lie apart. 0 is best: of its answers that are 80% sure, "
        f"80% are right then. {why}",
    )


def _by_class(report: Report) -> None:
    balanced = "Weighted: classes with more test images count more."
    _metric(
        "Precision",
        percent(report.precision),
        f"weighted {percent(report.weighted_precision)}",
        "Of the images that the network calls a class, how many are of that class: the mean over all classes. "
        + balanced,
    )
    _metric(
        "Recall",
        percent(report.recall),
        f"weighted {percent(report.weighted_recall)}",
        f"Of the images of a class, how many the network finds: the mean over all classes. {balanced}",
    )
    _metric(
        "F1",
        percent(report.f1),
        f"weighted {percent(report.weighted_f1)}",
        f"Precision and recall in one figure (their harmonic mean): the mean over all classes. {balanced}",
    )


def _metric(label: str, value: str, second: str | None, help_text: str) -> None:
    st.metric(
        label,
        value,
        delta=second,
        delta_color="off",
        delta_arrow="off",
        help=help_text,
        border=True,
        height="stretch",
    )


def _test_set(report: Report) -> str:
    if report.is_test_set_watched:
        return (
            f":material/visibility: {report.test_count:,} test images, **watched every epoch** as the classic "
            "tutorials do: choices made while watching flatter the figures."
        )
    return f":material/lock: {report.test_count:,} test images, read once, after the training."


def _run(subject: Subject) -> None:
    run, record, report = subject.run, subject.record, subject.report
    row = summarise(run)
    name = f"**{plain(row.name)}** · " if row.name else ""
    epoch = f"epoch {report.best_epoch} of {row.total_epochs}" if report.best_epoch else "its first epoch, unfinished"
    said = (
        f":material/model_training: {name}{plain(record.preset)} · {plain(record.data.title)} · weights of {epoch} · "
        f"{report.parameters:,} parameters · seed {record.seed} · {moment(record.created)}"
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(said, width="content")
        if run.id != SHOWCASE:
            here = {"run": run.id, "view": "watch"}
            st.page_link("train.py", label="Watch its training", icon=":material/monitoring:", query_params=here)


def _offer_what_is_missing(subject: Subject) -> None:
    try:
        predictions = subject.predictions()
    except RunError:
        # Why, the view that needs them says.
        offer_evaluation(subject.run, "Its answers, image by image, cannot be read.", key="evaluate-damaged")
        return
    if predictions.validation is None and not subject.report.is_test_set_watched:
        offer_evaluation(
            subject.run,
            "This run was evaluated without its validation images, so its confidence is not calibrated.",
            key="evaluate-validation",
            is_urgent=False,
        )
