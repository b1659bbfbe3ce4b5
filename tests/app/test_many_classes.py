"""Two classes, a hundred, a thousand; 8×8 grey and 256×256 colour: every page opens, and quickly."""

import shutil
import time

import pytest

from cnn_core.runs.directory import Run
from tests.own_data import own_dataset, own_run

VIEWS = ("Errors", "By class", "Confidence", "Labels", "Two runs", "You against it", "Report")
KINDS = {
    "two, 8×8, grey": {"classes": 2, "height": 8, "channels": 1},
    "a hundred, 28×20, colour": {"classes": 100, "of_each": 4, "height": 28, "width": 20},
    "four, 256×256, colour": {"classes": 4, "of_each": 4, "height": 256},
    "a thousand, 8×8, colour": {"classes": 1000, "of_each": 2, "test_of_each": 2, "height": 8},
}
# Of the processor, for all views one after the other; generous, and far from what a table of a million cells takes.
MOST_SECONDS = 25


def opened(visit, page, **query):
    app = visit(page, **query)
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_page_opens_with_it(visit, kind):
    card = own_dataset("own", **kind)
    run = own_run(card)
    other = copied(run)
    started = time.process_time()
    for view in VIEWS:
        opened(visit, "evaluate.py", run=run.id, show=view, **({"other": other.id} if view == "Two runs" else {}))
    opened(visit, "evaluate.py", run=run.id, true="Class 1")
    opened(visit, "classify.py", run=run.id)
    opened(visit, "train.py", view="watch", run=run.id)
    opened(visit, "home.py")
    opened(visit, "runs.py")
    form = opened(visit, "train.py", view="setup")
    form.selectbox(key="dataset").set_value("own")
    form.run()
    assert not form.exception
    assert time.process_time() - started < MOST_SECONDS


def copied(run):
    """Another run, as good as the first: quicker than answers of its own."""
    other = run.path.with_name(f"{run.id}-2")
    shutil.copytree(run.path, other)
    return Run(other)


def captions(app):
    return " ".join(caption.value for caption in app.caption)


def test_the_matrix_of_very_many_classes_has_some_and_any_other_joins_them(visit):
    run = own_run(own_dataset("own", classes=150, of_each=2, test_of_each=3, height=8))
    app = opened(visit, "evaluate.py", run=run.id)
    assert "Of 150 classes, the matrix has the 50" in captions(app)
    app.selectbox(key="true").set_value(149)
    app.run()
    assert not app.exception
    assert app.selectbox(key="true").value == 149


def test_of_two_classes_the_second_guess_is_not_counted(visit):
    run = own_run(own_dataset("own", classes=2))
    labels = [metric.label for metric in opened(visit, "evaluate.py", run=run.id).metric]
    assert "Top-2 accuracy" not in labels
    assert "Always the same answer" in labels


def test_of_many_classes_classify_lists_some_and_keeps_all_at_hand(visit):
    run = own_run(own_dataset("own", classes=60, of_each=2, height=8))
    app = opened(visit, "classify.py", run=run.id)
    assert "knows 60 classes: Class 0, Class 1," in captions(app)
    assert "and 48 more" in captions(app)
    assert [expander.label for expander in app.expander][:1] == ["All 60 classes"]


def test_sliders_for_photos_are_only_there_where_objects_stand_on_black(form, visit):
    own_dataset("own")
    app = visit("train.py", view="setup", tab="Augmentation")
    app.selectbox(key="dataset").set_value("own")
    app.run()
    assert not app.exception
    assert not {"As photos", "As drawings", "As sketches"} & {slider.label for slider in app.slider}
    assert "As photos" in {slider.label for slider in form("Augmentation").slider}
