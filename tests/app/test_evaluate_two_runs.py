"""Two runs on the Evaluate page: which is better, where they differ, and which runs can be chosen."""

import numpy as np
import pytest

from cnn_core.data.catalogue import dataset_card
from cnn_core.evaluation.predictions import Predictions
from cnn_core.models.presets import preset_config
from cnn_core.runs import directory
from cnn_core.runs.store import create_run
from tests.app.reading import component_of, tiles_of, trigger, words_of
from tests.fixtures import damaged_run, digits_config, digits_predictions, finished_run


def better_predictions():
    """As those of the fixture, but every 3 is right, and the first 7 is a surely wrong 1."""
    a = digits_predictions()
    logits = a.logits.copy()
    logits[a.labels == 3, 3] = 4
    first_seven = int(np.flatnonzero(a.labels == 7)[0])
    logits[first_seven] = 0
    logits[first_seven, 1] = 12
    return Predictions(a.labels, logits)


# Of the 38 errors of A, B has one, and one of its own.
THREES = 37


@pytest.fixture
def run():
    return finished_run()


@pytest.fixture
def other():
    return finished_run(digits_config("fast"), predictions=better_predictions())


@pytest.fixture
def open_view(visit, run):
    def open_view(**query):
        return visit("evaluate.py", run=run.id, show="Two runs", **query)

    return open_view


def tiles(app):
    """The captions of the gallery, tile by tile."""
    return tiles_of(app, "disagreements")


def figures(app):
    return {metric.label: metric.value for metric in app.metric}


def test_the_counts_and_the_verdict_are_shown(open_view, run, other):
    app = open_view(other=other.id)
    assert not app.exception
    shown = figures(app)
    assert shown["Accuracy of A"] == f"{run.report().accuracy:.2%}"
    assert shown["Accuracy of B"] == f"{other.report().accuracy:.2%}"
    assert shown["B − A, in points"] == f"+{100 * (THREES - 1) / 360:.1f}"
    counts = [shown[name] for name in ("Both right", "Only A right", "Only B right", "Both wrong")]
    assert counts == ["321", "1", str(THREES), "1"]
    assert "On these 360 images B is better by 10.0 points (95% interval" in app.info[0].value
    assert "seldom enough to call B better" in app.info[0].value
    assert "trained again with another seed" in words_of(app)


def test_the_first_gallery_is_of_what_they_disagree_on(open_view, other):
    app = open_view(other=other.id)
    assert "1 to 12 of 38 images" in words_of(app)
    # B's wrong 1 is the surest mistake of all.
    title, of_a, of_b, _ = tiles(app)[0]
    assert (title, of_a[:6], of_b) == ("true: 7", "A: 7, ", "B: 1, 100.0% sure")
    assert {tile[0] for tile in tiles(app)[1:]} == {"true: 3"}


@pytest.mark.parametrize(
    ("which", "true", "count"), [("only A right", "7", 1), ("only B right", "3", THREES), ("both wrong", "8", 1)]
)
def test_a_gallery_for_each_who_is_right(open_view, other, which, true, count):
    app = open_view(other=other.id, sides=which)
    assert {tile[0] for tile in tiles(app)} == {f"true: {true}"}
    assert len(tiles(app)) == min(count, 12)


def test_a_link_to_a_cell_shows_what_changed_in_it(open_view, other):
    app = open_view(other=other.id, true="7", predicted="1")
    assert [tile[0] for tile in tiles(app)] == ["true: 7"]
    assert "True 7, predicted 1: 0 under A, 1 under B. 0 no longer, 1 newly." in words_of(app).replace("\\", "")
    (clear,) = [button for button in app.button if button.label == "All cells"]
    clear.click().run()
    assert not {"true", "predicted"} & set(app.query_params)
    assert "of 38 images" in words_of(app)


def test_a_link_to_a_class_that_is_none_shows_all_and_says_so(open_view, other):
    app = open_view(other=other.id, true="Shirt", predicted="6")
    assert not app.exception
    assert component_of(app, "changed")["selected"] == [None, 6]
    assert "there is no class “Shirt”" in app.toast[0].value
    assert "true" not in app.query_params


def test_a_click_on_a_cell_shows_all_images_that_changed_in_it(open_view, other):
    app = open_view(other=other.id, sides="both wrong")
    trigger(app, "changed", "choose", [7, 1])
    assert (app.query_params["true"], app.query_params["predicted"]) == ("7", "1")
    assert "sides" not in app.query_params
    assert [tile[0] for tile in tiles(app)] == ["true: 7"]


def test_back_after_two_changes_of_run_shows_what_the_address_says(open_view, run, other):
    """Where no kind of images was chosen by hand, they are those that the two disagree on."""
    app = open_view(other=other.id, true="3", predicted="5")
    first = dict(app.query_params)
    app.selectbox(key="run").set_value("showcase").run()
    app.selectbox(key="run").set_value(run.id).run()
    app.query_params.clear()
    app.query_params.update(first)
    app.run()
    assert not app.exception
    assert app.segmented_control(key="sides").value == "they disagree"
    assert len(tiles(app)) == 12


def test_to_choose_b_as_a_swaps_the_two(open_view, run, other):
    app = open_view(other=other.id, true="3")
    app.selectbox(key="run").set_value(other.id).run()
    assert not app.warning
    assert (app.query_params["run"], app.query_params["other"]) == (other.id, run.id)
    assert app.query_params["true"] == "3"
    (swap,) = [button for button in app.button if button.label == "Swap A and B"]
    swap.click().run()
    assert (app.query_params["run"], app.query_params["other"]) == (run.id, other.id)
    assert not app.warning


def test_the_run_to_compare_with_is_forgotten_with_its_dataset(open_view, other):
    app = open_view(other=other.id)
    app.selectbox(key="run").set_value("showcase").run()
    assert not app.warning
    assert "other" not in app.query_params


def test_an_opened_image_is_walked_from_among_those_that_are_shown(open_view, other):
    app = open_view(other=other.id, sides="only B right", page="2")
    trigger(app, "disagreements", "open", component_of(app, "disagreements")["tiles"][0]["id"])
    assert f"13 of {THREES}" in words_of(app)


def test_the_matrix_shows_the_difference(open_view, other):
    app = open_view(other=other.id)
    words, which = component_of(app, "changed")["texts"]
    texts = np.array([words[number] for number in which]).reshape(10, 10)
    assert (texts[3, 3], texts[3, 5], texts[7, 7], texts[7, 1]) == (f"+{THREES}", f"−{THREES}", "−1", "+1")
    assert (texts == "0").sum() == 96


def test_a_table_says_which_classes_changed(open_view, other):
    app = open_view(other=other.id)
    (table,) = [frame.value for frame in app.dataframe if "B − A" in frame.value]
    assert table["B − A"].iloc[3] == pytest.approx(100)
    assert table["A"].iloc[3] == 0


def test_without_another_run_one_is_told_how_to_get_one(open_view):
    app = open_view()
    assert not app.exception
    assert "no other run that was tested on the images of this one" in words_of(app)
    assert "1 tested on Fashion-MNIST" in words_of(app)


def test_another_run_is_written_to_the_address_by_its_id(open_view, other):
    app = open_view()
    assert app.query_params["other"] == other.id
    third = finished_run(digits_config("simple-cnn"))
    app.run()
    app.selectbox(key="other").set_value(third.id).run()
    assert app.query_params["other"] == third.id
    assert "same answer for each of the 360 images" in app.info[0].value


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unknown", "is not here"),
        ("itself", "is that very run"),
        ("showcase", "is tested on Fashion-MNIST"),
        ("untested", "is without an evaluation"),
        ("damaged", "is damaged"),
    ],
)
def test_an_address_with_a_run_that_cannot_be_compared_is_told(open_view, run, other, kind, words):
    asked = {
        "unknown": lambda: "nothing-of-that-name",
        "itself": lambda: run.id,
        "showcase": lambda: "showcase",
        "untested": lambda: create_run(digits_config()).id,
        "damaged": lambda: damaged_run().id,
    }[kind]()
    app = open_view(other=asked)
    assert not app.exception
    assert [words in warning.value for warning in app.warning if "compare" in warning.value] == [True]
    assert app.query_params["other"] == other.id
    assert figures(app)["Only B right"] == str(THREES)


def test_damaged_answers_of_the_other_run_are_told_and_another_one_can_be_chosen(open_view):
    broken = damaged_run(directory.PREDICTIONS, b"half a file")
    app = open_view(other=broken.id)
    assert not app.exception
    assert [f"Run '{broken.id}' is damaged" in error.value.replace("\\", "") for error in app.error] == [True]
    assert app.selectbox(key="other").value == broken.id


def test_answers_for_other_labels_are_refused(open_view):
    a = digits_predictions()
    other = finished_run(predictions=Predictions(np.roll(a.labels, 1), a.logits))
    app = open_view(other=other.id)
    assert not app.exception
    assert "were not tested on the same images" in app.error[0].value


def test_that_a_run_watched_its_test_images_is_told(open_view):
    watched = finished_run(digits_config(training={"protocol": "tutorial", "epochs": 2}))
    assert "B watched the test images" in words_of(open_view(other=watched.id))


def test_without_the_dataset_the_images_are_missing_and_the_rest_is_there(visit):
    a, b = (finished_run(preset_config("mlp", dataset_card("mnist"))) for _ in "ab")
    app = visit("evaluate.py", run=a.id, show="Two runs", other=b.id, sides="both wrong")
    assert not app.exception
    assert figures(app)["Both wrong"] == "38"
    assert "its images are not on this machine" in words_of(app)
    assert {tile["image"] for tile in component_of(app, "disagreements")["tiles"]} == {None}


def test_answers_for_more_images_than_the_dataset_has_are_compared_without_images(visit):
    a = digits_predictions()
    twice = Predictions(np.tile(a.labels, 2), np.tile(a.logits, (2, 1)))
    one, two = (finished_run(predictions=twice) for _ in "ab")
    app = visit("evaluate.py", run=one.id, show="Two runs", other=two.id, sides="both wrong")
    assert not app.exception
    assert figures(app)["Both wrong"] == "76"
    assert {tile["image"] for tile in component_of(app, "disagreements")["tiles"]} == {None}
