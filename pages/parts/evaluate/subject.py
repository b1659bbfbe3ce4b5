"""The run that the Evaluate page is about, and what is read of it once for all views."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report
from cnn_core.runs.directory import Run
from cnn_core.runs.record import RunRecord
from pages.parts import cached
from pages.parts.choose_run import choose_run
from pages.parts.evaluate.evaluate_now import offer_evaluation


@dataclass(frozen=True)
class Subject:
    """A run with its evaluation."""

    run: Run
    record: RunRecord
    report: Report

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return self.report.class_names

    def predictions(self) -> Predictions:
        """The answers image by image; shared by all sessions, read-only.

        Raises:
            RunError: The file is missing or damaged. The figures of the report can be shown all the same.
        """
        return cached.predictions(self.run)


def choose_subject() -> Subject:
    """Let the user choose a run that was evaluated, or that has a network to evaluate.

    Where its evaluation is missing or cannot be read, the page ends here, with the offer to evaluate it.

    Raises:
        RunError: Its settings cannot be read.
    """
    run = choose_run("report")
    record = run.record()
    try:
        return Subject(run, record, run.report())
    except RunError as error:
        why = str(error) if run.has_report else "This run has a network, but it was not evaluated: no figures yet."
        offer_evaluation(run, why, key="evaluate-missing")
        st.stop()
