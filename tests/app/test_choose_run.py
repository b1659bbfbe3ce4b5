"""Two runs must never be taken for each other (the browser sends a label back, not an id), and none is passed over."""

import pytest

from cnn_core.runs.summary import summarise
from pages.parts.choose_run import run_label
from tests.fixtures import damaged_run, finish, finished_run, started_run


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


@pytest.mark.parametrize("page", ["train.py", "classify.py"])
def test_a_label_that_the_browser_still_has_is_no_run(visit, page):
    run = started_run()
    (run.path / "model.keras").write_bytes(b"no network")
    app = visit(page, view="watch", run=run.id)
    before = app._tree.get_widget_states()
    assert "in progress" in app.selectbox(key="run").options[0]
    finish(run)
    # Its label tells the accuracy now. A message that was under way still has the old one.
    for _ in range(2):
        app = app._run(before)
    assert app.query_params["run"] == run.id
    assert not app.warning
    assert app.selectbox(key="run").value == run.id


def test_another_run_that_is_chosen_by_its_old_label_is_the_one(visit):
    newest, other = finished_run(), started_run()
    (other.path / "model.keras").write_bytes(b"no network")
    app = visit("classify.py", run=newest.id)
    box = app.selectbox(key="run")
    old = next(label for label in box.options if label.endswith(other.id[-4:]))
    finish(other)
    app = app.run()
    states = app._tree.get_widget_states()
    (sent,) = [state for state in states.widgets if state.id == app.selectbox(key="run").id]
    sent.string_value = old
    app = app._run(states)
    assert app.query_params["run"] == other.id
    assert app.selectbox(key="run").value == other.id
