"""Classify: pictures in many ways, one answered in full, many in a table; a sentence for each that cannot be read."""

import csv
import io
import json
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.WidgetStates_pb2 import WidgetState

from cnn_core.data.load import load_dataset
from cnn_core.errors import DatasetError, RunError
from cnn_core.images import archive
from cnn_core.inference import loaded
from cnn_core.inference.classifier import Classifier
from pages.parts import cached
from pages.parts.classify import batch, drop
from tests.app.reading import html_of, words_of
from tests.fixtures import digits_predictions, finished_run

LOGITS = np.float32([0, 1, 2, 9, 4, 8, 6, 7, 5, 3])
MANY = "Choose a row"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """No answers of another test."""
    monkeypatch.setattr(batch, "_rows", type(batch._rows)(100))


@pytest.fixture
def loads(monkeypatch):
    """Instead of networks: classifiers that say 3, then 5, then 7, whatever they see. Counts the loading."""
    loads = []

    def load(run, *_networks):
        loads.append(run.id)
        return Classifier(lambda images: np.tile(LOGITS, (len(images), 1)), run.record().data, -5.0)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    return loads


@pytest.fixture
def app(visit, loads):  # noqa: ARG001 - only while they are replaced
    return visit("classify.py", run=finished_run().id)


def picture(seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def photo(seed):
    """Something dark before white, large enough to be cut out."""
    pixels = np.full((200, 200, 3), 250, np.uint8)
    pixels[40:160, 50:150] = np.random.default_rng(seed).integers(10, 90, (120, 100, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.png", content)
    return buffer.getvalue()


def bring(app, *files):
    app.file_uploader(key="files").set_value([(name, content, "image/png") for name, content in files])
    app.run()
    assert not app.exception
    return app


def table(app):
    """The table's rows, without the pictures: file, answer, confidence, second guess, outlier, error."""
    data = app.dataframe[0].value
    return [
        tuple(row) for row in data.drop(columns=["picture", "seen"]).astype(object).where(data.notna(), None).values
    ]


def choose(app, row):
    states = app._tree.get_widget_states()
    selection = json.dumps({"selection": {"rows": [row], "columns": [], "cells": []}})
    states.widgets.append(WidgetState(id=app.dataframe[0].proto.id, string_value=selection))
    return app._run(states)


def headline(app):
    """What the full answer says first; nothing where none is open."""
    return [header.value for header in app.header]


def image_asked(app):
    value = app.query_params["image"]
    return int(value if isinstance(value, str) else value[0])


def test_it_says_which_classes_the_network_knows(app):
    assert "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in words_of(app)


def test_without_a_picture_nothing_is_answered(app, loads):
    assert not app.exception
    assert (headline(app), list(app.dataframe), loads) == ([], [], [])


def test_the_network_is_loaded_when_the_first_picture_comes_and_once(app, loads):
    bring(app, ("one.png", picture()))
    bring(app, ("one.png", picture()), ("two.png", picture(1)))
    assert len(loads) == 1


def test_one_picture_is_answered_in_full_at_once(app):
    bring(app, ("three.png", picture()))
    assert list(app.dataframe) == []
    assert headline(app)[0].startswith("3")
    exponentials = np.exp(LOGITS.astype(float))
    assert f"{exponentials[3] / exponentials.sum():.1%}" in html_of(app)


def test_one_broken_picture_is_a_message(app):
    bring(app, ("broken.png", picture()[:50]))
    (error,) = app.error
    assert "'broken.png' is damaged" in error.value
    assert headline(app) == []


def test_many_pictures_are_rows_with_answer_and_second_guess_and_each_bad_one_has_its_sentence(app):
    bring(app, ("good.png", picture()), ("broken.png", picture()[:50]), ("notes.txt", b"words"), ("empty.png", b""))
    exponentials = np.exp(LOGITS.astype(float))
    third, fifth = exponentials[[3, 5]] / exponentials.sum()
    rows = table(app)
    assert rows[0] == ("good.png", "3", pytest.approx(100 * third), f"5, {fifth:.0%}", "no", None)
    assert [row[0] for row in rows] == ["good.png", "broken.png", "notes.txt", "empty.png"]
    assert [row[1] for row in rows[1:]] == [None] * 3
    for row, words in zip(rows[1:], ("is damaged", "is a text file", "is empty"), strict=True):
        assert row[5].startswith(words)
    assert "4 pictures: 1 answered, 0 of them perhaps none of its classes; 3 not answered" in words_of(app)
    assert MANY in words_of(app)


def test_a_row_has_the_picture_and_what_the_network_saw(app):
    bring(app, ("one.png", picture(1)), ("two.png", picture(2)))
    data = app.dataframe[0].value
    assert data["picture"].str.startswith("data:image/webp;base64,").all()
    assert data["seen"].str.startswith("data:image/png;base64,").all()
    assert data["seen"].nunique() == 2


def test_a_chosen_row_opens_its_full_answer(app):
    bring(app, ("one.png", picture(1)), ("broken.png", b"words"))
    assert headline(app) == []
    choose(app, 0)
    assert headline(app)[0].startswith("3")
    assert "one.png" in [part.value for part in app.subheader]
    choose(app, 1)
    assert "broken.png" in app.error[0].value
    assert headline(app) == []


def test_the_pictures_of_a_zip_are_rows_and_what_is_wrong_with_it_is_one(app):
    bring(app, ("many.zip", zipped(one=picture(1), two=b"words")), ("broken.zip", b"PK\x03\x04 and no more"))
    assert [row[0] for row in table(app)] == ["many.zip/one.png", "many.zip/two.png", "broken.zip"]
    assert [row[1] for row in table(app)] == ["3", None, None]
    assert table(app)[2][5].startswith("is damaged")


def test_a_zip_of_one_picture_is_answered_in_full(app):
    bring(app, ("one.zip", zipped(one=picture(1))))
    assert headline(app)[0].startswith("3")


def test_two_files_of_one_name_are_two_pictures(app):
    bring(app, ("a.png", picture(1)), ("a.png", picture(2)))
    assert app.dataframe[0].value["seen"].nunique() == 2


def test_a_picture_that_was_dropped_twice_has_its_picture_twice(app):
    bring(app, ("a.png", picture(1)), ("a.png", picture(1)), ("b.png", picture(2)))
    assert app.dataframe[0].value["picture"].notna().tolist() == [True] * 3
    assert app.dataframe[0].value["picture"].nunique() == 2


def test_many_visitors_with_more_pictures_than_are_remembered_for_all_come_to_an_end(app, visit, loads, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(batch, "_rows", type(batch._rows)(2))
    bring(app, *((f"{seed}.png", picture(seed)) for seed in range(4)))
    another = visit("classify.py", run=finished_run().id)
    bring(another, *((f"{seed}.png", picture(seed)) for seed in range(4, 8)))
    assert [row[1] for row in table(another)] == ["3"] * 4
    asked = []
    monkeypatch.setattr(Classifier, "answers", lambda _self, prepared: asked.append(prepared))
    assert [row[1] for row in table(app.run())] == ["3"] * 4
    assert asked == []


def test_only_those_of_a_state_or_with_a_word_are_shown(app):
    bring(app, ("one.png", picture(1)), ("two.png", picture(2)), ("broken.png", b"words"))
    app.segmented_control(key="answers-shown").set_value("errors").run()
    assert [row[0] for row in table(app)] == ["broken.png"]
    app.segmented_control(key="answers-shown").set_value("answered").run()
    assert [row[0] for row in table(app)] == ["one.png", "two.png"]
    app.text_input(key="answers-search").set_value("TWO").run()
    assert [row[0] for row in table(app)] == ["two.png"]
    app.segmented_control(key="answers-shown").set_value("outliers").run()
    assert not app.exception
    assert "No picture fits" in words_of(app)


def test_strange_pictures_are_marked_and_can_be_shown_alone(visit, monkeypatch):
    def load(run, *_networks):
        return Classifier(lambda images: np.zeros((len(images), 10), np.float32), run.record().data, -5.0)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    app = bring(visit("classify.py", run=finished_run().id), ("a.png", picture()), ("b.png", picture(1)))
    assert [row[4] for row in table(app)] == ["yes", "yes"]
    app.segmented_control(key="answers-shown").set_value("outliers").run()
    assert len(table(app)) == 2


def test_where_the_network_cannot_tell_what_is_strange_the_table_says_so_and_offers_no_filter(app):
    photos = [("a.png", photo(1)), ("b.png", photo(2))]
    bring(app, *photos)
    assert [row[4] for row in table(app)] == ["cannot tell"] * 2
    assert "2 pictures: 2 answered; 0 not answered. Of 2 it cannot tell" in words_of(app)
    assert app.segmented_control(key="answers-shown").options == ["All", "Answered", "Not answered"]
    bring(app, *photos, ("small.png", picture()))
    assert [row[4] for row in table(app)] == ["cannot tell"] * 2 + ["no"]
    assert "3 answered, 0 of them perhaps none of its classes; 0 not answered. Of 2 it cannot tell" in words_of(app)
    assert len(app.segmented_control(key="answers-shown").options) == 4


def test_of_a_photo_a_network_that_never_saw_one_promises_nothing(app):
    bring(app, ("a.png", photo(1)))
    assert "was never checked on" in words_of(app)
    assert "answers as sure as this one" not in words_of(app)


def test_it_says_which_weights_answered_of_a_network_that_was_taught_people_s_pictures(visit):
    app = visit("classify.py", run="showcase")
    words = "It answered with its weights for people's pictures."
    bring(app, ("photo.png", photo(1)))
    assert words in words_of(app)
    of_the_dataset = io.BytesIO()
    Image.fromarray(np.pad(np.full((20, 12), 150, np.uint8), ((4, 4), (8, 8)))).save(of_the_dataset, "PNG")
    bring(app, ("image.png", of_the_dataset.getvalue()))
    assert words not in words_of(app)


def test_answers_are_made_once_for_a_picture_and_a_network(app, loads, monkeypatch):
    asked = []
    real = Classifier.answers
    monkeypatch.setattr(Classifier, "answers", lambda self, prepared: asked.append(prepared) or real(self, prepared))
    files = [(f"{seed}.png", picture(seed)) for seed in range(3)]
    bring(app, *files)
    app.run()
    assert [len(prepared) for prepared in asked] == [3]
    bring(app, *files, ("new.png", picture(9)))
    assert [len(prepared) for prepared in asked] == [3, 1]
    assert len(loads) == 1


def test_a_batch_longer_than_a_slice_goes_on_by_itself(app, monkeypatch):
    monkeypatch.setattr(batch, "_SLICE_SECONDS", -1e9)
    bring(app, *((f"{seed}.png", picture(seed)) for seed in range(4)))
    assert [row[1] for row in table(app)] == ["3"] * 4


def test_more_pictures_than_are_looked_at_are_told(app, monkeypatch):
    monkeypatch.setattr(drop, "MAX_PICTURES", 3)
    bring(app, ("many.zip", zipped(**{f"p{i}": picture(i) for i in range(5)})), ("a.png", picture(9)))
    assert len(table(app)) == 3
    assert "1 file and 2 files of ZIPs are left out" in words_of(app)


def test_what_a_zip_holds_beyond_the_pictures_that_are_read_is_counted(app, monkeypatch):
    monkeypatch.setattr(archive, "MAX_PICTURES", 3)
    bring(app, ("many.zip", zipped(**{f"p{i}": picture(i) for i in range(10)})))
    assert len(table(app)) == 3
    assert "7 files of ZIPs are left out" in words_of(app)


def test_more_megabytes_than_are_looked_at_are_told(app, monkeypatch):
    monkeypatch.setattr(drop, "MAX_MEGABYTES", 1)
    bring(app, ("a.png", picture(1)), ("large.png", b"x" * 2**20), ("b.png", picture(2)))
    assert [row[0] for row in table(app)] == ["a.png", "b.png"]
    assert "1 file is left out" in words_of(app)


def test_the_answers_can_be_taken_away_as_a_table_without_formulas(app, monkeypatch):
    made = {}
    manager = "streamlit.runtime.media_file_manager.MediaFileManager.add_deferred"
    monkeypatch.setattr(
        manager, lambda _self, make, _type, _place, file_name=None, **_: made.update({file_name: make}) or file_name
    )
    bring(app, ("=SUM(A1).png", picture()), ("broken.png", b"words"))
    rows = list(csv.DictReader(io.StringIO(made["answers.csv"]().decode("utf-8-sig"))))
    assert [row["file"] for row in rows] == ["'=SUM(A1).png", "broken.png"]
    assert rows[0]["answer"] == "3"
    assert "text file" in rows[1]["error"]


def test_a_name_is_never_taken_for_html_or_markdown(app):
    bring(app, ("<img src=x onerror=alert(1)>.png", picture()), ("**bold**.png", picture(1)))
    choose(app, 0)
    assert "<img src=x" not in html_of(app)
    choose(app, 1)
    assert "\\*\\*bold" in "".join(part.value for part in app.subheader)


def test_a_network_that_cannot_be_loaded_is_a_message(visit, monkeypatch):
    def load(_run, *_networks):
        raise RunError("The network cannot be loaded. Train the run again.")

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    for count in (1, 2):
        files = [(f"{seed}.png", picture(seed)) for seed in range(count)]
        app = bring(visit("classify.py", run=finished_run().id), *files)
        assert app.error[0].value == "The network cannot be loaded. Train the run again."


@pytest.mark.parametrize("count", [1, 2])
def test_a_network_whose_answers_are_no_numbers_is_a_message_and_nothing_is_kept_of_it(visit, monkeypatch, count):
    def load(run, *_networks):
        return Classifier(lambda images: np.full((len(images), 10), np.nan, np.float32), run.record().data, None)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    app = bring(visit("classify.py", run=finished_run().id), *((f"{i}.png", picture(i)) for i in range(count)))
    assert "does not answer with numbers" in app.error[0].value
    assert not [one for one in app.button if (one.key or "").startswith("feedback")]


def test_the_way_lives_in_the_address_and_stays_over_a_page_switch(app):
    assert app.query_params["way"] == "drop"
    app.segmented_control(key="way").set_value("draw").run()
    assert app.query_params["way"] == "draw"
    app.switch_page("home.py").run()
    app.query_params = {}
    app.switch_page("classify.py").run()
    assert not app.exception
    assert app.query_params["way"] == "draw"


@pytest.mark.parametrize(("asked", "shown"), [("Draw", "draw"), ("camera", "camera"), ("nonsense", "drop")])
def test_an_address_opens_its_way_and_an_unknown_one_the_first(visit, loads, asked, shown):  # noqa: ARG001
    app = visit("classify.py", way=asked)
    assert not app.exception
    assert app.segmented_control(key="way").value == shown


def test_a_test_image_is_shown_with_its_label_and_the_address_names_it(visit, loads):  # noqa: ARG001
    run = finished_run()
    labels = load_dataset("digits").test_labels
    three, four = int(np.flatnonzero(labels == 3)[0]), int(np.flatnonzero(labels == 4)[0])
    app = visit("classify.py", run=run.id, way="test-image", image=str(three))
    assert f"Test image {three} is labelled **3**: the network is right" in words_of(app)
    assert headline(app)[0].startswith("3")
    app = visit("classify.py", run=run.id, way="test-image", image=str(four))
    assert "is labelled **4**: the network took it for **3**" in words_of(app)
    app.button(key="another").click().run()
    assert 0 <= image_asked(app) < len(labels)


def test_whether_the_network_is_right_goes_with_the_answer_below(visit, monkeypatch):
    """A network that says 3 of images that are bright at the left, else 4."""

    def load(run, *_networks):
        def logits(images):
            half = images.shape[2] // 2
            is_left = images[:, :, :half].mean(axis=(1, 2, 3)) > images[:, :, half:].mean(axis=(1, 2, 3))
            return np.eye(10, dtype=np.float32)[np.where(is_left, 3, 4)]

        return Classifier(logits, run.record().data, None)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    run, dataset = finished_run(), load_dataset("digits")
    images, labels = dataset.test_images[..., 0].astype(int), dataset.test_labels
    surplus = images[:, :, :4].sum(axis=(1, 2)) - images[:, :, 4:].sum(axis=(1, 2))
    index = int(np.flatnonzero((labels == 3) & (surplus < -300))[0])
    app = visit("classify.py", run=run.id, way="test-image", image=str(index))
    assert "the network took it for **4**" in words_of(app)
    (turn,) = [one for one in app.selectbox if one.label == "Turned"]
    turn.set_value(180).run()
    assert not app.exception
    assert headline(app)[0].startswith("3")
    assert "the network is right" in words_of(app)


@pytest.mark.parametrize("asked", ["99999", "-1", "words", "²"])
def test_an_address_without_such_a_test_image_shows_another(visit, loads, asked):  # noqa: ARG001
    app = visit("classify.py", run=finished_run().id, way="test-image", image=asked)
    assert not app.exception
    assert "a test image that is not there" in words_of(app)
    assert 0 <= image_asked(app) < len(load_dataset("digits").test_labels)


def test_only_those_test_images_that_the_run_got_wrong(visit, loads):  # noqa: ARG001
    run, predictions = finished_run(), digits_predictions()
    wrong = set(np.flatnonzero(predictions.labels != predictions.logits.argmax(axis=1)).tolist())
    app = visit("classify.py", run=run.id, way="test-image")
    app.toggle(key="only-errors").set_value(True).run()
    for _ in range(4):
        assert image_asked(app) in wrong
        app.button(key="another").click().run()


def test_without_its_evaluation_a_run_still_has_test_images_and_nobody_knows_the_errors(visit, loads):  # noqa: ARG001
    run = finished_run()
    for name in ("predictions.npz", "report.json"):
        (run.path / name).unlink()
    app = visit("classify.py", run=run.id, way="test-image")
    assert not app.exception
    assert app.toggle(key="only-errors").disabled
    assert "is labelled" in words_of(app)


def test_without_the_dataset_the_page_says_so(visit, loads, monkeypatch):  # noqa: ARG001
    def not_here(_name, download):  # noqa: ARG001
        raise DatasetError("Digits are not on this machine. Download them.")

    monkeypatch.setattr(cached, "load_dataset", not_here)
    app = visit("classify.py", run=finished_run().id, way="test-image")
    assert not app.exception
    assert "Digits are not on this machine" in words_of(app)
