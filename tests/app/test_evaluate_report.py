"""The view "Report": one file, made when it is asked for."""

import pytest

from cnn_core.html_report.make import make_report
from pages.parts.evaluate import report_file
from tests.app.reading import words_of
from tests.fixtures import finished_run


@pytest.fixture
def run():
    return finished_run()


def make_button(app):
    (button,) = [button for button in app.button if button.label == "Make the report"]
    return button


def test_the_view_says_what_the_file_has_and_makes_nothing_yet(visit, run, monkeypatch):
    monkeypatch.setattr(report_file, "make_report", pytest.fail)
    app = visit("evaluate.py", run=run.id, show="Report")
    assert not app.exception
    assert "confusion matrix" in words_of(app)
    assert not app.get("download_button")


def test_the_button_makes_it_and_offers_it(visit, run):
    app = visit("evaluate.py", run=run.id, show="Report")
    make_button(app).click()
    app.run()
    assert not app.exception
    (download,) = app.get("download_button")
    assert download.proto.label == "Download the report"
    assert "kB" in words_of(app)


def test_the_file_has_the_images_that_the_page_has(visit, run, monkeypatch):
    given = []
    monkeypatch.setattr(report_file, "make_report", lambda run, images: given.append((run.id, len(images))) or "…")
    make_button(visit("evaluate.py", run=run.id, show="Report")).click().run()
    assert given == [(run.id, 360)]


def test_a_damaged_history_is_told(visit, run):
    (run.path / "history.csv").write_text("nothing\n1\n")
    app = visit("evaluate.py", run=run.id, show="Report")
    make_button(app).click()
    app.run()
    assert not app.exception
    assert "'history.csv' cannot be read" in "".join(error.value for error in app.error)
    assert not app.get("download_button")


def test_without_the_answers_image_by_image_there_is_a_report_that_says_so(visit, run, monkeypatch):
    (run.path / "predictions.npz").unlink()
    made = []
    monkeypatch.setattr(
        report_file, "make_report", lambda run, images: made.append(make_report(run, images)) or made[-1]
    )
    app = make_button(visit("evaluate.py", run=run.id, show="Report")).click().run()
    assert not app.exception
    assert app.get("download_button")
    assert "suspicious labels are missing here" in made[0]
