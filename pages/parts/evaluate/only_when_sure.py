"""Answer only when sure: what passing on the unsure images to a person brings."""

from __future__ import annotations

import streamlit as st

from cnn_core.evaluation.coverage import LEAST_COVERAGE, Coverage, OperatingPoint
from cnn_core.figures.coverage import coverage_figure
from pages.parts.boundary import errors_told
from pages.parts.live_chart import live_chart
from pages.parts.words import percent

_ANSWERED, _TARGET = "answered", "accuracy-asked"


@st.fragment
def only_when_sure(coverage: Coverage, *, is_calibrated: bool) -> None:
    """Let the user choose the share of the images that is answered, or ask for an accuracy.

    Args:
        coverage: What each threshold answers.
        is_calibrated: Whether the confidences are those with the temperature.
    """
    with errors_told():
        st.subheader("Answer only when sure", anchor=False)
        st.caption(
            "The network answers the images it is surest of; the others are passed on to a person. "
            + ("Confidence is meant with the temperature. " if is_calibrated else "")
            + "Read off the test images: on new images it will be about so."
        )
        chart, controls = st.columns([6, 5], gap="medium")
        with controls:
            share = st.slider(
                "Share of the images that it answers",
                min_value=LEAST_COVERAGE,
                max_value=1.0,
                value=0.8,
                step=0.01,
                format="percent",
                key=_ANSWERED,
                persist_state="session",
            )
            point = coverage.at(share)
            _figures(point)
            target = _target(coverage)
        with chart:
            live_chart(
                coverage_figure(coverage.curve, point, target),
                key="coverage",
                alt=f"Accuracy over the share of answered images. At {percent(point.coverage)} it is "
                f"{percent(point.accuracy)}.",
            )


def _figures(point: OperatingPoint) -> None:
    with st.container(horizontal=True):
        st.metric("Right of those", percent(point.accuracy), width="content")
        st.metric("Passed on", f"{point.passed_on:,}", width="content")
        st.metric("Answers from", percent(point.threshold), width="content", help="The lowest confidence it answers.")


def _target(coverage: Coverage) -> OperatingPoint | None:
    asked = st.number_input(
        "Or: which confidence gives this accuracy? (%)",
        min_value=1.0,
        max_value=100.0,
        value=99.0,
        step=0.1,
        format="%.1f",
        key=_TARGET,
        persist_state="session",
    )
    found = coverage.reaching(asked / 100)
    if found is None:
        best = coverage.best
        st.markdown(
            f":material/block: **{asked:g}% cannot be reached.** The best is {percent(best.accuracy)}, when it "
            f"answers {percent(best.coverage)} of the images."
        )
        return None
    st.markdown(
        f":material/check: From a confidence of **{percent(found.threshold)}** on it is right "
        f"{percent(found.accuracy)} of the time. It answers **{percent(found.coverage)}** of the images and passes on "
        f"{found.passed_on:,}."
    )
    return found
