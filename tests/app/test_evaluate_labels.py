"""The view "Labels": a list of suspicious labels, and marks that are saved at each click."""

import errno
import os

import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from cnn_core.evaluation.predictions import Predictions
from cnn_core.runs.label_marks import read_marks, save_mark
from tests.app.reading import html_of, words_of
from tests.fixtures import digits_config, finished_run

# Every fourteenth of the 360 test images is surely the next digit.
SUSPICIOUS = list(range(0, 360, 14))
COUNT = len(SUSPICIOUS)


def predictions():
    """Answers that contradict some labels, each a little less surely than the one before."""
    labels = load_dataset("digits").test_labels
    answers = labels.copy()
    answers[SUSPICIOUS] = (labels[SUSPICIOUS] + 1) % 10
    logits = np.zeros((len(labels), 10), np.float32)
    logits[np.arange(len(labels)), answers] = 6.0
    logits[SUSPICIOUS, answers[SUSPICIOUS]] = 12 - np.arange(COUNT) / 10
    return Predictions(labels, logits)


@pytest.fixture
def run():
    return finished_run(predictions=predictions())


@pytest.fixture
def app(visit, run):
    return visit("evaluate.py", run=run.id, show="Labels")


def controls(app):
    return [part for part in app.button_group if part.key.startswith("label-mark-")]


def indices(app):
    return [int(part.key.rsplit("-", 1)[1]) for part in controls(app)]


def mark(app, place, value):
    controls(app)[place].set_value(value)
    return app.run()


def show(app, which):
    app.button_group(key="marks").set_value(which)
    return app.run()


def test_the_most_suspicious_labels_come_first_twelve_a_page(app):
    assert not app.exception
    assert indices(app) == SUSPICIOUS[:12]
    assert f"1 to 12 of {COUNT} images" in words_of(app)
    label = load_dataset("digits").test_labels[0]
    assert f"<dd>{label}</dd>" in html_of(app)
    assert f"<dd>{(label + 1) % 10}</dd>" in html_of(app)
    assert html_of(app).count('<img src="data:image/png') == 12


def test_the_page_says_what_the_list_is_and_its_limit(app):
    assert "The network may be wrong, not the label" in words_of(app)
    assert f"contradicts {COUNT} of the 360 labels with confidence" in words_of(app)


def test_the_next_page_goes_on(app):
    app.pagination[0].set_value(3)
    app.run()
    assert indices(app) == SUSPICIOUS[24:]
    assert app.query_params["page"] == "3"


def test_a_mark_is_saved_at_the_click_and_counted(app, run):
    mark(app, 1, "wrong")
    mark(app, 2, "ambiguous")
    assert read_marks(run) == {SUSPICIOUS[1]: "wrong", SUSPICIOUS[2]: "ambiguous"}
    assert app.get("progress")[0].proto.text == f"2 of {COUNT} looked at"
    mark(app, 1, None)
    assert read_marks(run) == {SUSPICIOUS[2]: "ambiguous"}


def test_marks_are_there_for_the_next_visitor(app, run, visit):
    mark(app, 0, "keep")
    again = visit("evaluate.py", run=run.id, show="Labels")
    assert [part.value for part in controls(again)][:2] == ["keep", None]


def test_two_tabs_keep_each_others_marks(app, run, visit):
    other = visit("evaluate.py", run=run.id, show="Labels")
    mark(app, 0, "keep")
    mark(other, 1, "wrong")
    assert read_marks(run) == {SUSPICIOUS[0]: "keep", SUSPICIOUS[1]: "wrong"}
    assert [part.value for part in controls(other)][:2] == ["keep", "wrong"]


def test_one_can_show_what_was_looked_at_and_what_was_not(app):
    mark(app, 1, "wrong")
    assert indices(show(app, "looked at")) == [SUSPICIOUS[1]]
    assert indices(show(app, "not looked at"))[:2] == [SUSPICIOUS[0], SUSPICIOUS[2]]
    assert indices(show(app, "all"))[:2] == SUSPICIOUS[:2]


def test_nothing_looked_at_yet_is_said(app):
    show(app, "looked at")
    assert controls(app) == []
    assert "No image here" in words_of(app)


def test_an_image_opens_with_the_whole_list_to_go_through(app):
    app.button(key=f"label-open-{SUSPICIOUS[2]}").click()
    app.run()
    assert not app.exception
    assert app.query_params["image"] == str(SUSPICIOUS[2])
    assert f"3 of {COUNT}" in words_of(app)


def test_a_mark_leaves_its_image_in_place_until_the_choice_changes(app, visit, run):
    show(app, "not looked at")
    before = indices(app)
    mark(app, 1, "wrong")
    assert indices(app) == before
    assert "1 image, marked since, keeps its place" in words_of(app)
    (leave,) = [button for button in app.button if button.label == "Leave out"]
    leave.click().run()
    assert indices(app) == [SUSPICIOUS[0], *SUSPICIOUS[2:13]]
    mark(app, 0, "keep")
    assert indices(show(app, "looked at")) == SUSPICIOUS[:2]
    again = visit("evaluate.py", run=run.id, show="Labels", marks="not looked at")
    assert indices(again) == SUSPICIOUS[2:14]


def test_the_last_page_may_be_marked_away(app):
    show(app, "not looked at")
    app.pagination[0].set_value(3).run()
    mark(app, 0, "wrong")
    mark(app, 1, "wrong")
    assert indices(app) == SUSPICIOUS[24:]
    (leave,) = [button for button in app.button if button.label == "Leave out"]
    leave.click().run()
    assert not app.exception
    assert indices(app) == SUSPICIOUS[:12]
    assert f"1 to 12 of {COUNT - 2} images" in words_of(app)


def test_which_are_shown_is_in_the_address(app):
    show(app, "looked at")
    assert app.query_params["marks"] == "looked at"
    assert "marks" not in show(app, "all").query_params


def test_marks_of_another_version_are_told_and_nothing_can_be_marked(visit, run):
    file = run.path / "label_marks.json"
    file.write_text('{"format": 9}')
    app = visit("evaluate.py", run=run.id, show="Labels")
    assert not app.exception
    assert "another version of CNN Lab wrote it" in app.error[0].value
    assert "move the file elsewhere" in app.error[0].value
    assert indices(app) == SUSPICIOUS[:12]
    assert all(part.disabled for part in controls(app))
    assert file.read_text() == '{"format": 9}'
    file.unlink()
    app.run()
    assert not app.error
    assert not any(part.disabled for part in controls(app))


def test_a_full_disk_is_told_in_a_toast_and_the_mark_springs_back(app, run, monkeypatch):
    save_mark(run, SUSPICIOUS[0], "keep")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    mark(app, 0, "wrong")
    assert not app.exception
    assert "The disk is full" in app.toast[0].value
    assert controls(app)[0].value == "keep"


def test_without_the_images_the_list_and_the_marks_are_still_there(visit):
    from cnn_core.data.catalogue import dataset_card
    from cnn_core.models.presets import preset_config

    run = finished_run(preset_config("fast", dataset_card("fashion-mnist")), predictions=predictions())
    app = visit("evaluate.py", run=run.id, show="Labels")
    assert not app.exception
    assert "not on this machine" in words_of(app)
    assert "<img" not in html_of(app)
    mark(app, 0, "wrong")
    assert read_marks(run) == {SUSPICIOUS[0]: "wrong"}


def test_a_run_without_predictions_says_so(visit, run):
    (run.path / "predictions.npz").unlink()
    app = visit("evaluate.py", run=run.id, show="Labels")
    assert not app.exception
    assert "no predictions" in app.error[0].value


def test_where_no_label_is_suspicious_that_is_said(visit):
    labels = load_dataset("digits").test_labels
    run = finished_run(digits_config(), predictions=Predictions(labels, 9 * np.eye(10, dtype=np.float32)[labels]))
    app = visit("evaluate.py", run=run.id, show="Labels")
    assert "No label of this run's test images is suspicious" in words_of(app)
    assert controls(app) == []
