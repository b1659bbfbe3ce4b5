"""Two runs must never be taken for each other: the browser sends a label back, not an id."""

from cnn_core.runs.summary import summarise
from pages.parts.choose_run import run_label
from tests.fixtures import finished_run


def test_runs_started_in_the_same_minute_have_labels_of_their_own():
    labels = [run_label(summarise(finished_run())) for _ in range(4)]
    assert len(set(labels)) == 4
