"""One picture's answer: headline, stages, what is decided by hand, and why."""

from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.data.load import load_dataset
from cnn_core.explain.neighbours import nearest
from cnn_core.inference import loaded
from cnn_core.inference.classifier import Classifier
from pages.parts import explained
from tests.app.conftest import TIMEOUT_SECONDS
from tests.app.reading import html_of, words_of
from tests.fixtures import finished_run

SHARE = 0.97


def script(run_path, pictures):
    """A page with nothing but the answer for one of several pictures."""
    from pathlib import Path

    import streamlit as st

    from cnn_core.images.decode import picture_from_array
    from cnn_core.runs.directory import Run
    from pages.parts.boundary import errors_told
    from pages.parts.classify.answer_view import show_answer

    name = st.radio("Picture", list(pictures))
    with errors_told():
        show_answer(picture_from_array(pictures[name], name), Run(Path(run_path)))


def arrow(height=120, width=120):
    """A product before white whose brightest part on the negative, the dark one, is at its top."""
    pixels = np.full((height, width, 3), 250, np.uint8)
    pixels[20 : height - 20, 30 : width - 30] = np.random.default_rng(0).integers(
        150, 200, (height - 40, width - 60, 1)
    )
    pixels[20 : height // 2 - 10, 30 : width - 30] = 10
    return pixels


@pytest.fixture
def open_pictures(monkeypatch):
    """Show pictures with a network that says where they are brightest: 0 at the top, 1 right, 2 below, 3 left."""

    def logits(images):
        brightness = images[..., 0].astype(float)
        rows, columns = brightness.mean(axis=2), brightness.mean(axis=1)
        middle = images.shape[1] // 2
        sides = [rows[:, :middle], columns[:, middle:], rows[:, middle:], columns[:, :middle]]
        found = np.stack([side.mean(axis=1) for side in sides], axis=1).argmax(axis=1)
        # Softmax gives the first SHARE, the nine others the rest.
        return np.eye(10, dtype=np.float32)[found] * np.log(SHARE / (1 - SHARE) * 9).astype(np.float32)

    def load(run, *_networks, threshold=None, is_adapted=False):
        data = run.record().data
        return Classifier(logits, data, threshold, adapted=Classifier(logits, data, None) if is_adapted else None)

    monkeypatch.setattr(loaded, "load_network", lambda *_: SimpleNamespace(logits=None))

    def open_pictures(threshold=None, *, is_adapted=False, **pictures):
        said = {"threshold": threshold, "is_adapted": is_adapted}
        monkeypatch.setattr(loaded, "load_classifier", lambda run, *_: load(run, **said))
        run = finished_run()
        app = AppTest.from_function(
            script, kwargs={"run_path": str(run.path), "pictures": pictures}, default_timeout=TIMEOUT_SECONDS
        )
        return app.run()

    return open_pictures


def headline(app):
    assert not app.exception
    (found,) = [one.value for one in app.header]
    return found


def control(app, name):
    """A control under the stages, by the beginning of its key."""
    (found,) = [one for one in (*app.selectbox, *app.slider, *app.button) if (one.key or "").startswith(name)]
    return found


def controls(app):
    """What can be decided by hand."""
    return {one.label for one in (*app.selectbox, *app.slider) if not (one.key or "").startswith("feedback")}


def test_the_answer_is_said_with_its_confidence(open_pictures):
    app = open_pictures(arrow=arrow())
    assert headline(app) == "0, 97%"
    assert html_of(app).count('<li><div class="row">') == 3
    assert 'alt="arrow"' in html_of(app)


def test_of_an_image_like_the_datasets_the_confidence_is_explained(open_pictures):
    image = np.zeros((8, 8), np.uint8)
    image[2:4, 2:6] = 255
    app = open_pictures(image=image)
    assert headline(app) == "0, 97%"
    assert "Of 100 answers as sure as this one about 97 are right" in words_of(app)


def test_a_stranger_is_called_none_of_the_classes_and_the_nearest_are_named(open_pictures):
    image = np.zeros((8, 8), np.uint8)
    image[2:4, 2:6] = 255
    app = open_pictures(threshold=-100.0, image=image)
    assert headline(app) == "Probably none of my classes"
    assert "The nearest are 0 and 1" in words_of(app)


def test_a_network_that_never_saw_such_pictures_does_not_call_them_strange(open_pictures):
    app = open_pictures(threshold=-100.0, arrow=arrow())
    assert headline(app) == "0, 97%"
    assert "none of its classes, it cannot tell" in words_of(app)
    assert "was never checked on product shots" in words_of(app)


def test_turned_by_hand_the_picture_is_answered_anew_and_automatic_brings_the_first_answer_back(open_pictures):
    app = open_pictures(arrow=arrow())
    assert control(app, "automatic").disabled
    control(app, "by-hand-turn").set_value(180).run()
    assert headline(app) == "2, 97%"
    assert "adjusted by hand" in words_of(app)
    assert "Turned by 180°" in html_of(app)
    control(app, "automatic").click().run()
    assert headline(app) == "0, 97%"
    assert "adjusted by hand" not in words_of(app)


def test_polarity_by_hand(open_pictures):
    app = open_pictures(arrow=arrow())
    control(app, "by-hand-polarity").set_value("keep").run()
    # What was dark stays dark: now the lower part is the brighter one.
    assert headline(app) == "2, 97%"


def test_a_crop_by_hand_is_drawn_on_the_picture_and_only_that_part_counts(open_pictures):
    app = open_pictures(arrow=arrow())
    assert 'class="box"' not in html_of(app)
    control(app, "by-hand-across").set_value((25, 100)).run()
    control(app, "by-hand-down").set_value((10, 60)).run()
    assert "left:25.0%;top:10.0%;width:75.0%;height:50.0%" in html_of(app)
    assert "Only the part chosen by hand is used" in html_of(app)


@pytest.mark.parametrize(("first", "last"), [(40, 40), (0, 0), (100, 100)])
def test_handles_that_meet_leave_a_narrow_part_and_no_error(open_pictures, first, last):
    app = open_pictures(arrow=arrow())
    control(app, "by-hand-across").set_value((first, last)).run()
    assert not app.exception
    assert len(app.header) + len(app.error) == 1
    control(app, "automatic").click().run()
    assert headline(app) == "0, 97%"


def test_where_by_hand_nothing_is_left_the_way_back_is_there(open_pictures):
    pixels = np.full((100, 100, 3), 255, np.uint8)
    pixels[60:90, 60:90] = 0
    app = open_pictures(square=pixels)
    control(app, "by-hand-across").set_value((0, 40)).run()
    (error,) = app.error
    assert "'square' shows nothing" in error.value
    assert not app.header
    control(app, "automatic").click().run()
    assert headline(app)


def test_what_is_decided_for_one_picture_is_not_for_another(open_pictures):
    app = open_pictures(first=arrow(), second=arrow(width=140))
    control(app, "by-hand-turn").set_value(90).run()
    assert headline(app).startswith("1,")
    app.radio[0].set_value("second").run()
    assert headline(app).startswith("0,")
    app.radio[0].set_value("first").run()
    assert headline(app).startswith("1,"), "and it is still there when one comes back"


def test_only_controls_that_change_something_are_there(open_pictures):
    app = open_pictures(arrow=arrow())
    assert "Outline" not in controls(app)
    assert {"What it is", "Foreground", "Light and dark", "Turned"} <= controls(app)
    control(app, "by-hand-kind").set_value("drawing").run()
    assert "Outline" in controls(app)
    assert "Light and dark" not in controls(app), "ink is bright in any case"


def test_for_colour_photos_nothing_is_cut_out_and_no_control_pretends_to(open_pictures, monkeypatch):
    from cnn_core.images.frame import Frame
    from cnn_core.runs.directory import Run

    record = Run.record

    def with_photos(run):
        found = record(run)
        frame = Frame(height=8, width=8, channels=3, background="natural")
        return found.model_copy(update={"data": found.data.model_copy(update={"frame": frame})})

    monkeypatch.setattr(Run, "record", with_photos)
    app = open_pictures(photo=np.random.default_rng(0).integers(0, 256, (90, 130, 3), np.uint8))
    assert headline(app)
    assert controls(app) == {"Turned", "Crop, left to right", "Crop, top to bottom"}
    assert html_of(app).count('class="screen"') == 3


def test_a_picture_of_nothing_is_a_message_without_controls(open_pictures):
    app = open_pictures(white=np.full((50, 50, 3), 255, np.uint8))
    assert len(app.error) == 1
    assert not app.header
    assert controls(app) == set()


def test_a_name_is_never_taken_for_html(open_pictures):
    app = open_pictures(**{"<img src=x onerror=alert(1)>": arrow()})
    assert headline(app)
    assert "<img src=x" not in html_of(app)


@pytest.fixture
def asked(monkeypatch):
    """Stands in for what explains the network; lists the classes that heat maps were asked for."""
    asked, networks = [], []
    images = load_dataset("digits").train_images
    # Distinct unit vectors: the only image with the very same features is the image itself.
    features = np.random.default_rng(0).normal(size=(len(images), 8)).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)

    def maps(_image, classes):
        asked.extend(classes)
        heat = np.zeros((len(classes), 4, 4), np.float32)
        heat[:, 0, 0] = 1
        return heat

    reading = SimpleNamespace(
        is_active=False,
        features=features,
        error=None,
        unsaved=None,
        state="done",
        share=1.0,
        wait=lambda _seconds: None,
    )

    def instead(found):
        def of(network):
            networks.append(network.is_adapted)
            return found

        return of

    monkeypatch.setattr(explained, "grad_cam", instead(SimpleNamespace(has_map=True, maps=maps)))
    monkeypatch.setattr(explained, "reading", instead(reading))
    monkeypatch.setattr(explained, "feature_network", instead(SimpleNamespace(features=lambda _images: features[7:8])))
    expected = nearest(features, features[7], 6).indices
    return SimpleNamespace(classes=asked, nearest=expected, networks=networks)


def test_why_is_asked_only_when_wanted(open_pictures, asked):
    app = open_pictures(arrow=arrow())
    assert asked.classes == []
    app.toggle(key="why").set_value(True).run()
    assert not app.exception
    assert asked.classes == [0]
    page = html_of(app)
    assert "The warmer, the more a place spoke for the class. The network's last map has 4 × 4" in words_of(app)
    assert page.count('alt="Heat map of what spoke for 0"') == 2
    assert "on your picture" in page
    labels = load_dataset("digits").train_labels[asked.nearest]
    for index, label in zip(asked.nearest, labels, strict=True):
        assert f"training image {index}" in page
        assert f"<strong>{label}</strong>" in page


@pytest.mark.usefixtures("asked")
def test_a_map_on_which_nothing_is_warm_is_not_said_to_be_warm(open_pictures, monkeypatch):
    nothing = SimpleNamespace(has_map=True, maps=lambda _image, classes: np.zeros((len(classes), 4, 4), np.float32))
    monkeypatch.setattr(explained, "grad_cam", lambda _network: nothing)
    app = open_pictures(arrow=arrow())
    app.toggle(key="why").set_value(True).run()
    assert "nothing spoke for <strong>0</strong>" in html_of(app)
    assert "no place spoke for the class" in words_of(app)
    assert "The warmer" not in words_of(app)


@pytest.mark.parametrize("is_adapted", [False, True])
def test_explained_is_the_network_that_answered(open_pictures, asked, is_adapted):
    open_pictures(is_adapted=is_adapted, arrow=arrow()).toggle(key="why").set_value(True).run()
    assert asked.networks == [is_adapted] * 3


def test_why_not_another_class_can_be_asked(open_pictures, asked):
    app = open_pictures(arrow=arrow())
    app.toggle(key="why").set_value(True).run()
    app.segmented_control(key="why-class").set_value(1).run()
    assert asked.classes == [0, 1]


def test_without_the_training_images_the_answer_and_the_heat_are_there(open_pictures, asked, monkeypatch):
    app = open_pictures(arrow=arrow())

    def gone(_run):
        from cnn_core.errors import DatasetError

        raise DatasetError("The dataset is not on this machine.")

    monkeypatch.setattr(explained, "training_images", gone)
    app.toggle(key="why").set_value(True).run()
    assert not app.exception
    assert "not on this machine" in words_of(app)
    assert html_of(app).count("Heat map of") == 2
    assert asked.classes == [0]
