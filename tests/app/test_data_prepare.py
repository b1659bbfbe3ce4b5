"""What a training will make of a dataset's images."""

import dataclasses

import pytest

from cnn_core.models.presets import preset_names
from pages.parts import cached
from tests.app.form import choose
from tests.app.reading import html_of, words_of
from tests.own_pictures import brought, class_folders


@pytest.fixture
def prepare(visit):
    """Open the view."""

    def prepare(dataset="digits", **choices):
        app = visit("data.py", dataset=dataset, show="Prepare", **choices)
        assert not app.exception
        return app

    return prepare


def settings_box(app):
    (box,) = [box for box in app.selectbox if box.label == "Settings"]
    return box


def test_pixels_become_numbers_and_images_parts(prepare):
    app = prepare()
    words = words_of(app)
    assert "64 whole numbers from 0 to 255" in words
    assert "numbers from 0 to 1" in words
    assert "**learns from 1,293**" in words
    assert "**watched on 144**" in words
    assert "**tested on 360**" in words
    assert "divided by 255" in html_of(app)
    assert "As its first block sees it" not in html_of(app)


def test_a_network_that_enlarges_is_shown_to(prepare):
    app = prepare()
    settings_box(app).set_value("tutorial-cnn")
    app.run()
    assert "enlarges them to 28×28" in words_of(app)
    assert "As its first block sees it" in html_of(app)


@pytest.mark.parametrize("preset", preset_names())
def test_every_network_is_shown(prepare, preset):
    app = prepare()
    settings_box(app).set_value(preset)
    app.run()
    assert not app.exception
    assert not app.error


def test_it_leads_to_the_train_page_with_these_settings(prepare):
    app = prepare()
    settings_box(app).set_value("mlp")
    app.run()
    app.button(key="prepare-train").click()
    app.run()
    assert not app.exception
    assert app.title[0].value == "Train"
    assert app.selectbox(key="dataset").value == "digits"
    assert app.selectbox(key="preset").value == "mlp"
    assert "that you looked at on the Data page" in words_of(app)


def test_what_is_set_up_on_the_train_page_is_shown_first(form):
    app = choose(form("Training", "mlp"), "training", "validation_share", 50)
    app.query_params.clear()
    app.query_params.update({"dataset": "digits", "show": "Prepare"})
    app = app.switch_page("data.py").run()
    assert not app.exception
    assert settings_box(app).options[0] == "As set up on the Train page"
    assert "**watched on 719**" in words_of(app)
    app.button(key="prepare-train").click()
    app.run()
    assert app.title[0].value == "Train"
    assert "that you looked at on the Data page" not in words_of(app)


def test_a_dataset_of_one_s_own_in_colour(prepare, tmp_path):
    brought(class_folders(tmp_path / "pictures", ["<i>cat", "dog"], count=30))
    app = prepare("mine")
    assert "red, green and blue of each pixel: 300 whole numbers" in words_of(app)
    assert "its red values" in html_of(app)
    assert "&lt;i&gt;cat" in html_of(app)


def test_too_few_images_for_the_parts_are_told(prepare, tmp_path):
    brought(class_folders(tmp_path / "pictures", count=2), fewest=2)
    app = prepare("mine")
    assert "too few" in app.error[0].value


def test_groups_are_told_to_stay_together(prepare, monkeypatch):
    dataset = cached.load_dataset("digits")
    grouped = dataclasses.replace(dataset, train_groups=dataset.train_labels * 0 + range(1437))
    monkeypatch.setattr(cached, "dataset", lambda _name: grouped)
    assert "in whole groups" in words_of(prepare())
