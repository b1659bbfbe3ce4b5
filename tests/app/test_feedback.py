"""Right, or what the picture shows: said with a click, undone, looked through, deleted, taken away."""

import io
import json
import shutil
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.proto.WidgetStates_pb2 import WidgetState

from cnn_core.images.decode import picture_from_array
from cnn_core.inference import loaded
from cnn_core.inference.classifier import Classifier
from cnn_core.runs import feedback
from cnn_core.runs.feedback import keep_correction, read_feedback
from cnn_core.runs.feedback_file import Said
from cnn_core.runs.store import runs_folder
from pages.parts import cached
from pages.parts.classify import feedback_download
from tests.app.reading import words_of
from tests.fixtures import finished_run

# The most probable are 3, 5, 7.
LOGITS = np.float32([0, 1, 2, 9, 4, 8, 6, 7, 5, 3])


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def threshold():
    """Above which a picture is called an outlier; none is."""
    return 100.0


@pytest.fixture
def app(visit, run, threshold, monkeypatch):
    """The Classify page with a network that says 3 of every picture, and one picture."""

    def load(run, *_networks):
        return Classifier(lambda images: np.tile(LOGITS, (len(images), 1)), run.record().data, threshold)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    app = visit("classify.py", run=run.id)
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)).save(buffer, "PNG")
    app.file_uploader(key="files").set_value([("mine.png", buffer.getvalue(), "image/png")])
    return well(app.run())


def well(app):
    assert not app.exception
    return app


def button(app, start):
    (found,) = [one for one in app.button if (one.key or "").startswith(start)]
    return found


def click(app, start):
    return well(button(app, start).click().run())


def is_there(app, start):
    return any((one.key or "").startswith(start) for one in app.button)


def choice(app):
    (found,) = [one for one in app.selectbox if (one.key or "").startswith("feedback-choice")]
    return found


def say(app, label):
    return well(choice(app).set_value(choice(app).options.index(label)).run())


def kept(run):
    return [(one.label, one.said.predicted, one.name) for one in read_feedback(run).corrections]


def picture(seed, name="coat.jpg"):
    return picture_from_array(np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8), name)


def fill(run, count):
    said = Said(predicted="3", confidence=0.5, is_outlier=False)
    for seed in range(count):
        keep_correction(run, picture(seed), str(seed % 10), said, at=1000 + seed)


def opened(app):
    """The page with the table open, as a click on its head opens it."""
    app.session_state["feedback"] = True
    return well(app.run())


def test_right_is_one_click_and_says_that_it_is_kept(app, run):
    click(app, "feedback-check")
    assert kept(run) == [("3", "3", "mine.png")]
    assert "Kept as **3**" in words_of(app)


def test_the_second_guess_is_one_click_too(app, run):
    assert button(app, "feedback-edit").label == "No, it is: 5"
    click(app, "feedback-edit")
    assert kept(run) == [("5", "3", "mine.png")]


def test_all_classes_are_there_the_most_probable_first_and_none_of_them(app, run):
    assert choice(app).options == ["3", "5", "7", "6", "8", "4", "9", "2", "1", "0", "none of them"]
    say(app, "9")
    assert kept(run) == [("9", "3", "mine.png")]
    say(app, "none of them")
    assert kept(run) == [(None, "3", "mine.png")]
    assert "Kept as **none of them**" in words_of(app)
    assert choice(app).value is None


def test_undo_forgets_the_picture(app, run):
    say(app, "9")
    click(app, "feedback-undo")
    assert kept(run) == []
    assert "Kept as" not in words_of(app)
    assert is_there(app, "feedback-check")


def test_undo_of_another_class_brings_the_one_before_back_with_its_time(app, run):
    say(app, "9")
    (before,) = read_feedback(run).corrections
    say(app, "8")
    click(app, "feedback-undo")
    assert read_feedback(run).corrections == (before,)
    click(app, "feedback-undo")
    assert kept(run) == []


def test_what_somebody_else_said_cannot_be_taken_back(app, run, visit):
    content = app.file_uploader(key="files").value[0].getvalue()
    click(app, "feedback-check")
    another = visit("classify.py", run=run.id)
    another.file_uploader(key="files").set_value([("mine.png", content, "image/png")])
    well(another.run())
    assert "Kept as **3**" in words_of(another)
    assert not is_there(another, "feedback-undo")
    say(another, "9")
    # The first visitor's page still has the button: it stands on what is no longer kept.
    click(app, "feedback-undo")
    assert kept(run) == [("9", "3", "mine.png")]
    click(another, "feedback-undo")
    assert kept(run) == [("3", "3", "mine.png")]
    assert not is_there(another, "feedback-undo")


def test_two_words_are_taken_back_to_what_somebody_else_said_before(app, run, visit):
    content = app.file_uploader(key="files").value[0].getvalue()
    another = visit("classify.py", run=run.id)
    another.file_uploader(key="files").set_value([("mine.png", content, "image/png")])
    say(well(another.run()), "9")
    say(app, "8")
    say(app, "7")
    click(app, "feedback-undo")
    click(app, "feedback-undo")
    assert [label for label, *_ in kept(run)] == ["9"]
    assert not is_there(app, "feedback-undo")


def test_where_this_computer_keeps_the_pictures_is_not_told(app, run):
    fill(run, 1)
    opened(app)
    assert str(run.path) not in str(app._tree)


@pytest.mark.parametrize("threshold", [-100.0])
def test_of_a_stranger_right_means_none_of_the_classes_and_the_nearest_is_one_click(app, run):
    assert button(app, "feedback-edit").label == "No, it is: 3"
    assert button(app, "feedback-check").label == "Right: none of them"
    click(app, "feedback-check")
    assert kept(run) == [(None, "3", "mine.png")]
    assert read_feedback(run).corrections[0].said.is_outlier


def test_what_was_said_of_a_picture_is_known_when_it_is_photo_or_drawing_again(app, run, visit):
    content = app.file_uploader(key="files").value[0].getvalue()
    say(app, "9")
    again = visit("classify.py", run=run.id)
    again.file_uploader(key="files").set_value([("other name.png", content, "image/png")])
    well(again.run())
    assert "Kept as **9**" in words_of(again)


def test_a_run_that_was_deleted_meanwhile_is_told_and_does_not_come_back(app, run):
    shutil.rmtree(run.path)
    app = well(button(app, "feedback-check").click().run())
    assert "no longer there" in "\n".join(one.value for one in (*app.toast, *app.error))
    assert not run.path.exists()


def test_where_there_is_no_room_it_is_told(app, run, monkeypatch):
    monkeypatch.setattr(feedback, "MAX_PICTURES", 0)
    click(app, "feedback-check")
    assert "no room for more feedback" in app.toast[0].value
    assert kept(run) == []


def test_of_test_images_nobody_is_asked(visit, run, app, monkeypatch):  # noqa: ARG001 - app: its network
    images = np.random.default_rng(0).integers(0, 256, (360, 8, 8, 1), np.uint8)
    monkeypatch.setattr(cached, "test_set", lambda _run: SimpleNamespace(images=images, labels=np.zeros(360, int)))
    page = well(visit("classify.py", run=run.id, way="test-image", image="0"))
    assert page.header
    assert not is_there(page, "feedback-")


def test_the_table_costs_nothing_until_it_is_opened(app, run, monkeypatch):
    fill(run, 1)
    monkeypatch.setattr("pages.parts.classify.feedback_table.read_feedback", lambda _run: 1 / 0)
    well(app.run())
    assert not app.dataframe


def test_before_the_first_it_says_what_it_is_for(app):
    assert "Nothing yet. Say under an answer" in words_of(opened(app))


def test_the_table_has_a_row_for_each_the_newest_first(app, run):
    fill(run, 5)
    (table,) = opened(app).dataframe
    assert list(table.value["label"]) == ["4", "3", "2", "1", "0"]
    assert list(table.value["said"]) == ["3, wrong", "3, right", "3, wrong", "3, wrong", "3, wrong"]
    assert all(one.startswith("data:image/png;base64,") for one in table.value["picture"])
    assert "5 pictures with the class that a person named. The network was right about 1." in words_of(app)


def test_what_is_said_while_the_table_is_open_is_in_it(app, run):
    fill(run, 1)
    opened(app)
    say(app, "9")
    assert list(app.dataframe[0].value["label"]) == ["9", "0"]


def test_long_lists_have_pages(app, run):
    fill(run, 25)
    opened(app)
    assert len(app.dataframe[0].value) == 20
    assert "1 to 20 of 25 pictures" in words_of(app)


def test_damaged_ones_are_told_and_can_be_deleted_alone(app, run):
    fill(run, 3)
    folder = run.path / "feedback"
    first, second, _ = (one.key for one in read_feedback(run).corrections)
    (folder / f"{first}.json").write_text("{")
    (folder / f"{second}.png").write_text("no picture")
    (folder / "*mine*.txt").write_text("mine")
    opened(app)
    assert "2 things in the folder cannot be used" in words_of(app)
    assert r"\*mine\*.txt" in words_of(app)
    assert "damaged or gone" in app.dataframe[0].value["wrong"].dropna().item()
    click(app, "feedback-delete-damaged")
    assert sorted(path.name for path in folder.iterdir())[0] == "*mine*.txt"
    assert len(read_feedback(run).corrections) == 2


def test_deleting_all_asks_and_leaves_the_empty_table(app, run):
    fill(run, 3)
    opened(app)
    assert "Delete all 3 pictures and what was said of them? This cannot be undone." in words_of(app)
    click(app, "feedback-delete-all")
    assert kept(run) == []
    assert "Nothing yet" in words_of(app)


def test_chosen_rows_are_deleted_and_only_they(app, run):
    fill(run, 4)
    opened(app)

    def delete_button():
        (found,) = [one for one in app.button if one.key == "feedback-delete"]
        return found

    assert delete_button().disabled
    states = app._tree.get_widget_states()
    selection = json.dumps({"selection": {"rows": [0, 2], "columns": [], "cells": []}})
    states.widgets.append(WidgetState(id=app.dataframe[0].proto.id, string_value=selection))
    well(app._run(states))
    assert delete_button().label == "Delete 2 chosen"
    well(delete_button().click().run())
    assert [label for label, *_ in kept(run)] == ["2", "0"]
    assert delete_button().disabled, "what is chosen is chosen no more"


@pytest.fixture
def client():
    return TestClient(Starlette(routes=feedback_download.routes()))


def test_the_zip_is_sent_under_the_address_that_the_page_has(run, client):
    fill(run, 4)
    reply = client.get(feedback_download.zip_address(run))
    assert reply.status_code == 200
    assert f'filename="{run.id}-feedback.zip"' in reply.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 5
    for name in archive.namelist():
        if name.startswith("2/"):
            assert np.array_equal(np.asarray(Image.open(archive.open(name))), picture(2).rgb)


@pytest.mark.parametrize("address", ["/feedback/nobody.zip", "/feedback/..%2F..%2Fetc.zip", "/feedback/showcase.zip"])
def test_where_there_is_nothing_to_send_the_reply_says_why(client, address):
    reply = client.get(address)
    assert reply.status_code == 404
    if "%2F" not in address:
        assert reply.text.startswith(("There is no such run", "Run 'showcase' has no feedback"))
        assert str(runs_folder()) not in reply.text
