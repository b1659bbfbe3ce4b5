"""Classify: an answer for each picture that can be read, a message for each that cannot."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cnn_core.errors import RunError
from cnn_core.inference import loaded
from cnn_core.inference.classifier import Classifier
from tests.app.reading import html_of, words_of
from tests.fixtures import finished_run

LOGITS = np.float32([0, 1, 2, 9, 4, 8, 6, 7, 5, 3])


@pytest.fixture
def loads(monkeypatch):
    """Instead of networks: classifiers that say 3, then 5, then 7, whatever they see. Counts the loading."""
    loads = []

    def load(run, _logits):
        loads.append(run.id)
        return Classifier(lambda images: np.tile(LOGITS, (len(images), 1)), run.record().data, -5.0)

    monkeypatch.setattr(loaded, "load_network", lambda _run: SimpleNamespace(logits=None))
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


def drop(app, *files):
    app.file_uploader(key="files").set_value([(name, content, "image/png") for name, content in files])
    return app.run()


def test_it_says_which_classes_the_network_knows(app):
    assert "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in words_of(app)


def test_the_network_is_loaded_when_the_first_picture_comes_and_once(app, loads):
    assert loads == []
    drop(app, ("one.png", picture()))
    drop(app, ("one.png", picture()), ("two.png", picture(1)))
    assert len(loads) == 1


def test_a_picture_gets_its_three_most_probable_classes(app):
    drop(app, ("three.png", picture()))
    assert not app.exception
    text = html_of(app)
    assert text.count("<li>") == 3
    exponentials = np.exp(LOGITS.astype(float))
    for label in (3, 5, 7):
        assert f"<span>{label}</span><span>{exponentials[label] / exponentials.sum():.1%}</span>" in text
    assert 'alt="three.png as the network saw it"' in text


def test_a_good_and_a_broken_picture_are_one_answer_and_one_message(app):
    drop(app, ("broken.png", picture()[:50]), ("good.png", picture()))
    assert not app.exception
    (error,) = app.error
    assert "'broken.png'" in error.value
    assert html_of(app).count("cnn-lab-answer") == 1
    assert "good.png" in html_of(app)


def test_what_is_no_picture_is_a_message(app):
    drop(app, ("notes.txt", b"words"), ("empty.png", b""))
    assert not app.exception
    assert len(app.error) == 2
    assert "cnn-lab-answer" not in html_of(app)


def test_a_picture_of_nothing_is_a_message(app):
    buffer = io.BytesIO()
    Image.new("L", (40, 40), 255).save(buffer, "PNG")
    drop(app, ("white.png", buffer.getvalue()))
    assert "shows nothing" in app.error[0].value


def test_a_name_is_never_taken_for_html(app):
    drop(app, ("<img src=x onerror=alert(1)>.png", picture()))
    assert "<img src=x" not in html_of(app)


def test_a_strange_picture_is_marked(visit, monkeypatch):
    def load(run, _logits):
        return Classifier(lambda images: np.zeros((len(images), 10), np.float32), run.record().data, -5.0)

    monkeypatch.setattr(loaded, "load_network", lambda _run: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    app = drop(visit("classify.py", run=finished_run().id), ("strange.png", picture()))
    assert "none of its classes" in words_of(app)


def test_a_familiar_picture_is_not_marked(app):
    assert "none of its classes" not in words_of(drop(app, ("three.png", picture())))


def test_a_network_that_cannot_be_loaded_is_a_message(visit, monkeypatch):
    def load(_run, _logits):
        raise RunError("The network cannot be loaded. Train the run again.")

    monkeypatch.setattr(loaded, "load_network", lambda _run: SimpleNamespace(logits=None))
    monkeypatch.setattr(loaded, "load_classifier", load)
    app = drop(visit("classify.py", run=finished_run().id), ("three.png", picture()))
    assert not app.exception
    assert app.error[0].value == "The network cannot be loaded. Train the run again."


def test_without_a_picture_nothing_is_answered(app):
    assert "cnn-lab-answer" not in html_of(app)
    assert not app.error
