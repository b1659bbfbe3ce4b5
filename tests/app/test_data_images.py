"""The images of a dataset: a wall of them by class and part, and one of them enlarged."""

import numpy as np
import pytest

from cnn_core.data.load import load_dataset
from tests.app.reading import component_of, html_of, tiles_of, trigger, words_of
from tests.own_pictures import brought, class_folders


@pytest.fixture
def images(visit):
    """Open the view."""

    def images(dataset="digits", **choices):
        app = visit("data.py", dataset=dataset, show="Images", **choices)
        assert not app.exception
        return app

    return images


def facts_of(app):
    text = html_of(app)
    return dict(
        part.split("</dt><dd>") for part in text.split('<dl class="cnn-lab-facts">')[1].split("<dt>")[1:] if part
    )


def test_all_classes_are_mixed_a_page_at_a_time(images):
    app = images()
    tiles = tiles_of(app, "wall")
    assert len(tiles) == 100
    # The digits are shuffled as they are, so that this says little; a page of them has all the classes.
    assert {title for (title,) in tiles} == set("0123456789")
    assert "1 to 100 of 1,437 training images" in words_of(app)
    assert tiles_of(images(page="2"), "wall") != tiles


def test_a_class_is_shown_in_its_order(images):
    labels = load_dataset("digits").test_labels
    app = images(**{"part": "test", "class": "7"})
    assert [int(title) for (title,) in tiles_of(app, "wall")] == np.flatnonzero(labels == 7).tolist()


def test_part_and_class_are_written_to_the_address(images):
    app = images(page="3")
    app.selectbox(key="class").set_value(4)
    app.run()
    assert app.query_params["class"] == "4"
    assert "page" not in app.query_params
    app.button_group(key="part").set_value("test")
    app.run()
    assert app.query_params["part"] == "test"
    assert "test images" in words_of(app)


@pytest.mark.parametrize("choices", [{"class": "cow"}, {"part": "validation"}, {"page": "77"}, {"image": "1437"}])
def test_what_is_not_there_is_corrected(images, choices):
    app = images(**choices)
    assert len(tiles_of(app, "wall")) > 0
    (parameter,) = choices
    assert parameter not in app.query_params or parameter == "page"
    assert "was corrected" in app.toast[0].value


def test_a_click_enlarges_an_image_and_the_arrows_go_on(images):
    app = images(**{"part": "test", "class": "7"})
    first, second = (int(title) for (title,) in tiles_of(app, "wall")[:2])
    app = trigger(app, "wall", "open", first)
    assert app.query_params["image"] == str(first)
    assert [header.value for header in app.header] == ["7"]
    assert facts_of(app)["Part"].startswith("Test")
    assert app.button(key="image-Previous").disabled
    app.button(key="image-Next").click()
    app.run()
    assert app.query_params["image"] == str(second)


def test_an_image_that_the_wall_does_not_show_is_one_of_all(images):
    labels = load_dataset("digits").train_labels
    other = int(np.flatnonzero(labels != 7)[0])
    app = images(**{"class": "7", "image": str(other)})
    assert [header.value for header in app.header] == [str(labels[other])]
    assert "of 1,437" in words_of(app)


def test_from_an_image_to_all_of_its_class(images):
    app = images(image="5")
    name = app.header[0].value
    app.button(key="image-class").click()
    app.run()
    assert app.query_params["class"] == name
    assert "image" not in app.query_params


def test_an_image_of_one_s_own_tells_its_file(images, tmp_path):
    brought(class_folders(tmp_path / "pictures", ["<i>cat", "dog"], side=12))
    app = images("mine", image="0")
    facts = facts_of(app)
    assert "&lt;i&gt;cat/" in facts["File"]
    assert facts["Original size"].startswith("12 × 12")
    assert facts["Size"].startswith("10 × 10, colour")


def test_what_no_browser_of_ours_sends_is_passed_over(images):
    for sent in (10**9, "0", None, -1):
        app = trigger(images(), "wall", "open", sent)
        assert not app.exception
        assert "image" not in app.query_params


def test_the_wall_says_what_it_is(images):
    assert component_of(images(part="test"), "wall")["label"] == "Test images"
