"""How far the confidence of a network can be believed, and what answering only when sure brings."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnn_core.evaluation.calibration import ReliabilityBins, reliability, with_temperature
from cnn_core.evaluation.calibration_words import reliability_words, temperature_words
from cnn_core.evaluation.coverage import Coverage, coverage_of
from cnn_core.evaluation.predictions import Predictions
from cnn_core.figures.reliability import reliability_figure
from pages.parts.evaluate.evaluate_now import what_can_be_done
from pages.parts.evaluate.only_when_sure import only_when_sure
from pages.parts.evaluate.subject import Subject
from pages.parts.live_chart import live_chart
from pages.parts.words import number, percent

# The charts are level, whatever is said above them.
_CSS = """
<style>
@media (min-width: 48rem) { [class*="st-key-reliability-"][class*="-words"] { min-height: 8.5rem; } }
</style>
"""


def confidence(subject: Subject) -> None:
    """Show the reliability diagrams, without and with the temperature, and let accuracy be bought with coverage."""
    temperature, predictions = subject.report.temperature, subject.predictions()
    facts = _facts(str(subject.run.path), subject.run.evaluated_ns, temperature, _predictions=predictions)
    st.subheader("Can its confidence be believed?", anchor=False)
    st.html(_CSS)
    before, after = st.columns(2, gap="medium")
    with before:
        _diagram(
            "As the network says it",
            "Without a temperature",
            facts.before,
            error=subject.report.expected_calibration_error,
            key="reliability-before",
        )
    with after:
        if facts.after is None:
            _no_temperature(subject, predictions)
        else:
            _diagram(
                f"With the temperature {number(temperature, 2)}",
                _fitted_on(predictions),
                facts.after,
                error=subject.report.calibrated_error,
                change=temperature_words(subject.report, len(predictions.validation or ())),
                key="reliability-after",
            )
    _explanation()
    only_when_sure(facts.coverage, is_calibrated=temperature is not None)


@dataclass(frozen=True)
class _Facts:
    before: ReliabilityBins
    after: ReliabilityBins | None
    coverage: Coverage


@st.cache_resource(max_entries=8, show_spinner=False)
def _facts(
    path: str,  # noqa: ARG001 - the cache's key
    evaluated: int,  # noqa: ARG001 - the cache's key
    temperature: float | None,
    _predictions: Predictions,
) -> _Facts:
    before = reliability(_predictions.labels, _predictions.probabilities)
    used = with_temperature(_predictions, temperature)
    after = None if temperature is None else reliability(used.labels, used.probabilities)
    return _Facts(before, after, coverage_of(used.confidence, used.is_right))


def _fitted_on(predictions: Predictions) -> str:
    if predictions.validation is None:
        return "Fitted on the validation images"
    return f"Fitted on {len(predictions.validation):,} validation images"


def _diagram(
    title: str, source: str, bins: ReliabilityBins, *, error: float | None, key: str, change: str = ""
) -> None:
    words = reliability_words(bins)
    with st.container(key=f"{key}-words"):
        st.markdown(f"**{title}**")
        st.caption(f"{source}. Expected calibration error: {percent(error)}")
        st.markdown(f"{change} {words}".strip())
    live_chart(reliability_figure(bins), key=key, alt=f"How often it is right over its confidence. {words}")


def _no_temperature(subject: Subject, predictions: Predictions) -> None:
    if subject.report.is_test_set_watched:
        why = (
            "This run watched the test images every epoch, as the classic tutorials do, and kept no validation images. "
            "A temperature fitted on the test images would flatter itself, so there is none. Train with the protocol "
            "“validation” to get one."
        )
    elif predictions.validation is None:
        what = what_can_be_done(subject.run)
        why = (
            f"This run was evaluated without its validation images, so there is nothing to fit a temperature on. {what}"
        )
    else:
        why = "No temperature makes the answers for the validation images better."
    st.info(why, icon=":material/thermostat:")


def _explanation() -> None:
    with st.expander("How to read this", icon=":material/help:"):
        st.markdown(
            "Each bar stands for the test images for which the network says that it is so sure. How often it is right "
            "for them should be the same, as on the dashed line. The hatched part is the gap between the two: orange "
            "where it is right less often than it says, green where more often. The mean of the gaps over all images "
            "is the **expected calibration error**. The small bars below count the images, on a scale on which equal "
            "steps are equal factors."
        )
        st.markdown(
            "The **temperature** is one number by which the network's raw outputs (logits) are divided before they "
            "become probabilities. Above 1 it makes the network less sure, below 1 surer. It never changes which class "
            "is the most probable, so the accuracy stays. It is fitted on the validation images, never on the test "
            "images."
        )
