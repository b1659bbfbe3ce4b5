"""Two runs must never be taken for each other (the browser sends a label back, not an id), and none is passed over."""

from cnn_core.runs.summary import summarise
from pages.parts.choose_run import run_label
from tests.fixtures import damaged_run, finished_run


def test_runs_started_in_the_same_minute_have_labels_of_their_own():
    labels = [run_label(summarise(finished_run())) for _ in range(4)]
    assert len(set(labels)) == 4


def test_a_run_whose_report_is_damaged_is_there_with_the_way_to_mend_it(visit):
    finished, damaged = finished_run(), damaged_run("report.json")
    app = visit("evaluate.py", run=damaged.id)
    assert not app.exception
    assert app.selectbox(key="run").value == damaged.id
    assert "'report.json' cannot be read" in app.warning[0].value.replace("\\", "")
    assert "Evaluate it now" in [button.label for button in app.button]
    # An evaluated one is proposed first.
    assert visit("evaluate.py").selectbox(key="run").value == finished.id
