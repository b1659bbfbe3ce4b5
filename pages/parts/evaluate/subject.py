"""The run that the Evaluate page is about, and what is read of it once for all views."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cnn_core.errors import RunError
from cnn_core.evaluation.predictions import Predictions
from cnn_core.evaluation.report import Report
from cnn_core.runs.directory import Run
from cnn_core.runs.record import DataFacts, RunRecord
from cnn_core.runs.store import find_run
from pages.parts import cached
from pages.parts.choose_run import choose_run
from pages.parts.evaluate.evaluate_now import offer_evaluation
from pages.parts.evaluate.views import open_run


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
    run = choose_run("report", on_choose=_go_to)
    record = run.record()
    try:
        return Subject(run, record, run.report())
    except RunError as error:
        why = str(error) if run.has_report else "This run has a network, but it was not evaluated: no figures yet."
        offer_evaluation(run, why, key="evaluate-missing")
        st.stop()


def _go_to(run_id: str) -> None:
    before, other = st.query_params.get("run"), st.query_params.get("other")
    of_before, of_it = _data(before), _data(run_id)
    has_same_images = of_before is not None and of_it is not None and of_before.checksum == of_it.checksum
    has_same_classes = has_same_images and of_before.class_names == of_it.class_names
    choices: dict[str, str | None] = {}
    if not has_same_images:
        choices["other"] = None
    elif other == run_id:
        # Who makes B to A means the two in the other order.
        choices["other"] = before
    open_run(run_id, has_same_classes=has_same_classes, **choices)


def _data(run_id: str | None) -> DataFacts | None:
    try:
        return find_run(run_id or "").record().data
    except RunError:
        return None
