"""A run whose dataset was deleted, or replaced by another of the same name: every page says so, none crashes."""

import pytest

from cnn_core.data.own.store import remove_own
from cnn_core.errors import RunError
from cnn_core.runs.lifecycle import resume_run
from tests.fixtures import set_status
from tests.own_data import own_dataset, own_run

DELETED, REPLACED = "that it learned from was deleted", "it was replaced"
VIEWS = ("Errors", "By class", "Confidence", "Labels", "Two runs", "You against it", "Report")


@pytest.fixture(params=[DELETED, REPLACED])
def gone(request):
    """A finished run without its dataset, and what is said of that."""
    run = own_run(own_dataset("mine", classes=3, height=12))
    remove_own("mine")
    if request.param == REPLACED:
        own_dataset("mine", classes=3, height=12, seed=7)
    return run, request.param


def said(app):
    boxes = [*app.info, *app.warning, *app.error, *app.caption, *app.markdown, *app.toast]
    return " ".join(box.value for box in boxes)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_evaluation_opens_and_says_so(visit, gone, view):
    run, words = gone
    app = visit("evaluate.py", run=run.id, show=view)
    assert not app.exception
    assert not app.error
    assert words in said(app)


def test_an_image_of_it_is_not_shown(visit, gone):
    run, words = gone
    app = visit("evaluate.py", run=run.id, image="0")
    assert not app.exception
    assert words in said(app)


def test_watch_says_so_and_does_not_go_on_with_it(visit, gone):
    run, words = gone
    app = visit("train.py", view="watch", run=run.id)
    assert not app.exception
    assert words in said(app)
    assert "cannot be trained further" in said(app)
    set_status(run, state="stopped")
    with pytest.raises(RunError, match=words):
        resume_run(run)
    assert run.status().state == "stopped"


@pytest.mark.parametrize(("page", "query"), [("home.py", {}), ("runs.py", {}), ("classify.py", {})])
def test_the_other_pages_open(visit, gone, page, query):
    app = visit(page, run=gone[0].id, **query)
    assert not app.exception
    assert not app.error


def test_its_test_images_cannot_be_classified(visit, gone):
    app = visit("classify.py", run=gone[0].id, way="test-image")
    assert not app.exception
    assert any("not here any more" in box.value or "has changed since" in box.value for box in app.info)


def test_its_settings_are_not_taken_where_the_dataset_is_deleted(visit, gone):
    run, words = gone
    app = visit("train.py", view="watch", run=run.id)
    app.button(key=f"clone-{run.id}").click().run()
    assert not app.exception
    if words == DELETED:
        assert any("There is no dataset 'mine'" in box.value for box in [*app.error, *app.toast])
